// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>

#include <moesaic/concepts/placement_policy.hpp>

namespace moesaic::placement {

/// Moves every missing expert to fast memory, and waits for those already on their way.
///
/// Source: every offloading engine whose fast memory computes; MoE-SpeQ and SP-MoE among them.
/// Cost: O(misses), no state.
/// State and Ties: none; all misses get the same answer. It has no threshold.
/// Threads: one at a time. No knobs.
struct fetch {
  using hears = events<>;
  template <utility_scorer S>
  void place(const scene<S>&, std::span<const miss>, std::span<remedy> remedies) const noexcept {
    std::fill(remedies.begin(), remedies.end(), remedy::fetch);
  }
  [[nodiscard]] utility threshold() const noexcept { return utility::lowest(); }
};

static_assert(placement_policy<fetch>, "fetch no longer models placement_policy");

}  // namespace moesaic::placement
