// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include <moesaic/concepts/speculation_governor.hpp>

namespace moesaic::speculation {

/// Drafts the same number of tokens in every step, or stops earlier where the drafter is unsure; 0 never speculates.
///
/// Source: the draft length of Leviathan et al. (arXiv 2211.17192); SP-MoE uses 1, MoE-SpAc 8; the stop is llama.cpp's p_min.
/// Mechanism: draft until `length` tokens are there or the last one's probability is below `stop_below` (that one is kept:
/// it has been paid for), then verify all of them.
/// Cost: O(1), no state.
/// State and Ties: nothing is learned. A probability equal to `stop_below` goes on.
/// Threads: one at a time.
/// Knobs: `length`, tokens, default 0, at most 63 (a window has 64 rows); `stop_below`, probability 0 to 1, default 0 (never).
///
///     speculation::fixed governor{.length = {8}, .stop_below = 0.75F};
struct fixed {
  using hears = events<>;

  draft_length length{};
  float stop_below = 0;

  template <utility_scorer S>
  [[nodiscard]] draft_length longest(const speculation_scene<S>& scene) const noexcept {
    return std::min(length, scene.possible);
  }
  template <utility_scorer S>
  [[nodiscard]] bool keep_drafting(const speculation_scene<S>& scene) const noexcept {
    return scene.drafted < longest(scene) && (scene.drafted.count == 0 || scene.last_probability >= stop_below);
  }
  template <utility_scorer S>
  [[nodiscard]] draft_length verify(const speculation_scene<S>& scene) const noexcept {
    return std::min(scene.drafted, length);
  }
  void observe(const step_outcome&) const noexcept {}
};

static_assert(speculation_governor<fixed>, "fixed no longer models speculation_governor");

}  // namespace moesaic::speculation
