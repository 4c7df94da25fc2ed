// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include <moesaic/prefetch/layer_order.hpp>

namespace moesaic::prefetch {

/// Tries each number of layers for some steps, then keeps the one that gave a token in the least time.
///
/// Source: SP-MoE (arXiv 2510.10302), the empirical profile: time per token over the cutoff is U-shaped, and the bottom is kept
/// for that model and machine. Deviations: it is taken at the start of the run, not offline, and 0 (no prefetch) is tried too.
/// Mechanism: cutoffs 0 to `most` in turn, `steps` drafted steps each; drafting and verifying time over committed tokens, least wins.
/// Cost: O(1), 80 bytes; the profile costs what the bad cutoffs cost, (most + 1) x steps steps.
/// State and Ties: sums of the cutoff on trial and of the best so far. Equal times per token: fewer layers. Undrafted steps are
/// left out. Once chosen, it stays.
/// Threads: one at a time.
/// Knobs: `most`, layers, default 6; `steps`, default 16, at least 1.
struct profiled_cutoff {
  using hears = events<inventory, step_outcome>;

  std::uint32_t most = 6;
  std::uint32_t steps = 16;

  void on(const inventory& all) { state_ = {.last = std::min(most, all.shape.layers()), .tried = {}, .best = {}}; }
  void on(const step_outcome& outcome) noexcept {
    if (state_.on_trial > state_.last || outcome.drafted.count == 0) return;
    state_.tried.time += static_cast<std::uint64_t>(std::max<std::int64_t>(outcome.drafting.count + outcome.verifying.count, 0));
    state_.tried.tokens += outcome.committed.count;
    if (++state_.tried.steps < std::max(steps, 1U)) return;
    if (state_.on_trial == 0 || state_.tried.faster_than(state_.best)) {
      state_.best = state_.tried;
      state_.chosen = state_.on_trial;
    }
    state_.tried = {};
    ++state_.on_trial;
  }

  template <utility_scorer S>
  [[nodiscard]] std::uint32_t layers(const scene<S>&) const noexcept {
    return state_.on_trial <= state_.last ? state_.on_trial : state_.chosen;
  }
  [[nodiscard]] bool done() const noexcept { return state_.on_trial > state_.last; }

  struct sum {
    std::uint64_t time = 0;  ///< nanoseconds
    std::uint64_t tokens = 0;
    std::uint32_t steps = 0;
    /// Less time a token, without dividing: whole parts first, so that nothing overflows.
    [[nodiscard]] constexpr bool faster_than(const sum& other) const noexcept {
      if (tokens == 0 || other.tokens == 0) return tokens > other.tokens;
      const std::uint64_t mine = time / tokens, theirs = other.time / other.tokens;
      return mine != theirs ? mine < theirs : time % tokens * other.tokens < other.time % other.tokens * tokens;
    }
  };
  struct memory {
    std::uint32_t on_trial = 0;
    std::uint32_t last = 0;
    std::uint32_t chosen = 0;
    sum tried{};
    sum best{};
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written
};

static_assert(layer_cutoff<profiled_cutoff>, "profiled_cutoff no longer models layer_cutoff");

}  // namespace moesaic::prefetch
