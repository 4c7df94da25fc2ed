// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include <moesaic/concepts/speculation_governor.hpp>
#include <moesaic/speculation/acceptance_estimate.hpp>
#include <moesaic/speculation/step_times.hpp>

namespace moesaic::speculation {

/// Drafts as many tokens as promise the most committed tokens per time, both taken from moving averages.
///
/// Source: SmartSpec (arXiv 2406.14066): goodput(k) = tokens generated / batch execution time, time by a linear model, acceptance by a
/// moving average. Deviations: the model is fitted while decoding, not profiled before; acceptance is kept by place; one sequence.
/// Mechanism: argmax over k of committed(k) / (k * time per drafted token + pass(k)), pass a line over measured passes. It knows
/// nothing of experts: what is missing is in the line as far as it was in the last passes. The first step is plain, the second
/// drafts half of `length`; a drafter that was given up is tried with one token every `retry` steps. A time limit per step cuts k, and
/// under one nothing is drafted blindly: the second step drafts one token, if a pass of two rows should be within the limit.
/// Cost: O(length) per question, O(length) per step. State and Ties: the averages; equal goodput: the shorter draft.
/// Threads: one at a time.
/// Knobs: `length`, tokens, default 8, at most 63. `retry`, steps, default 32, at least 1.
///
///     speculation::goodput governor{.length = 8};
struct goodput {
  using hears = events<>;

  std::uint32_t length = 8;
  std::uint32_t retry = 32;

  template <utility_scorer S>
  [[nodiscard]] draft_length longest(const speculation_scene<S>& scene) const noexcept {
    const std::uint32_t most = std::min({length, scene.possible.count, 63U});
    if (!state_.times.knows()) return {0};
    if (!state_.accepted.knows()) {
      if (scene.time_limit.count <= 0) return {std::min(most, std::max(length / 2, 1U))};
      return {fits(1, scene.time_limit) ? std::min(most, 1U) : 0};
    }
    const std::uint32_t best = best_of(most, scene.time_limit);
    return {best == 0 && state_.since_draft + 1 >= retry && fits(1, scene.time_limit) ? std::min(most, 1U) : best};
  }
  template <utility_scorer S>
  [[nodiscard]] bool keep_drafting(const speculation_scene<S>& scene) const noexcept {
    return scene.drafted < longest(scene);
  }
  template <utility_scorer S>
  [[nodiscard]] draft_length verify(const speculation_scene<S>& scene) const noexcept {
    return scene.drafted;
  }
  void observe(const step_outcome& outcome) noexcept {
    state_.since_draft = outcome.drafted.count == 0 ? state_.since_draft + 1 : 0;
    if (state_.times.observe(outcome)) state_.accepted.observe(outcome);
  }

  struct memory {
    step_times times;
    acceptance_estimate accepted;
    std::uint32_t since_draft = 0;
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  [[nodiscard]] double time(std::uint32_t k) const noexcept { return state_.times.drafting(k) + state_.times.pass(k); }
  [[nodiscard]] bool fits(std::uint32_t k, nanoseconds limit) const noexcept { return limit.count <= 0 || time(k) <= static_cast<double>(limit.count); }
  [[nodiscard]] std::uint32_t best_of(std::uint32_t most, nanoseconds limit) const noexcept {
    std::uint32_t best = 0;
    double most_per_time = 0;
    for (std::uint32_t k = 0; k <= most; ++k) {
      const double takes = time(k);
      if (!(takes > 0) || (k > 0 && !fits(k, limit))) continue;
      const double per_time = state_.accepted.committed(k) / takes;
      if (per_time <= most_per_time) continue;
      best = k;
      most_per_time = per_time;
    }
    return best;
  }
};

static_assert(speculation_governor<goodput>, "goodput no longer models speculation_governor");

}  // namespace moesaic::speculation
