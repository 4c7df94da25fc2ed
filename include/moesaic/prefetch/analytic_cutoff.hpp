// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include <moesaic/prefetch/layer_order.hpp>

namespace moesaic::prefetch {

/// Prefetches as many layers as the link can bring while one draft is made, and the slots can hold.
///
/// Source: SP-MoE (arXiv 2510.10302), the analytic latency model, in the form that a public reimplementation (BriskMoE) gives it:
///
///     L_time = floor(T_draft / (kappa t_io)),  L_mem = floor(M_free / (kappa M_expert)),  L = max(1, min(L_time, L_mem, layers))
///
/// The paper measures the four offline; here what is not given is measured while it runs. M_free is all slots: under one budget
/// nothing else is free.
/// Mechanism: the formula. T_draft is the mean time until a draft was complete (the newest counts a quarter), t_io the link's time
/// for the largest expert; until a draft has been timed, one layer.
/// Cost: O(1), 40 bytes. State and Ties: the mean draft time; undrafted steps teach nothing.
/// Threads: one at a time.
/// Knobs: `critical`, kappa, experts per layer, default 0: the largest top-k. `drafting` and `transfer`, times, and `room`, bytes,
/// default 0: as measured, and as many as the slots have.
///
///     prefetch::analytic_cutoff{.critical = 8, .drafting = milliseconds(30), .transfer = microseconds(790)}  // 4 layers
struct analytic_cutoff {
  using hears = events<inventory, step_outcome>;

  std::uint32_t critical = 0;
  nanoseconds drafting{};
  nanoseconds transfer{};
  bytes room{};

  [[nodiscard]] static constexpr std::uint64_t by_time(nanoseconds draft, std::uint32_t kappa, nanoseconds each) noexcept {
    if (each.count <= 0 || kappa == 0) return ~std::uint64_t{};
    return static_cast<std::uint64_t>(std::max<std::int64_t>(draft.count, 0) / each.count) / kappa;
  }
  [[nodiscard]] static constexpr std::uint64_t by_memory(bytes free, std::uint32_t kappa, bytes each) noexcept {
    if (each.count == 0 || kappa == 0) return ~std::uint64_t{};
    return free.count / each.count / kappa;
  }

  void on(const inventory& all) {
    state_ = {all.room, 0, {}};
    for (std::uint32_t l = 0; l < all.shape.layers(); ++l) state_.top_k = std::max(state_.top_k, all.shape.top_k(static_cast<layer_index>(l)));
  }
  void on(const step_outcome& outcome) noexcept {
    if (outcome.drafted.count == 0) return;
    const std::int64_t apart = outcome.drafting.count - state_.drafted.count;
    state_.drafted.count += state_.drafted.count == 0 ? apart : apart / 4;
  }

  template <utility_scorer S>
  [[nodiscard]] std::uint32_t layers(const scene<S>& now) const noexcept {
    const model_shape& shape = now.residency.shape();
    const std::uint32_t kappa = critical != 0 ? critical : state_.top_k;
    const nanoseconds each = transfer.count != 0 ? transfer : now.link.time_for(shape.largest());
    const bytes free = room.count != 0 ? room : state_.slots.count != 0 ? state_.slots : bytes::highest();
    const std::uint64_t fits = std::min(
        {by_time(drafting.count != 0 ? drafting : state_.drafted, kappa, each), by_memory(free, kappa, shape.largest()), std::uint64_t{shape.layers()}});
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(fits, 1));
  }

  struct memory {
    bytes slots{};
    std::uint32_t top_k = 0;
    nanoseconds drafted{};  ///< mean; 0: no draft was timed yet
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written
};

static_assert(layer_cutoff<analytic_cutoff>, "analytic_cutoff no longer models layer_cutoff");
static_assert(analytic_cutoff::by_time(milliseconds(30), 8, microseconds(790)) == 4);
static_assert(analytic_cutoff::by_memory({16 * 9'437'184}, 8, {9'437'184}) == 2);

}  // namespace moesaic::prefetch
