// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>

#include <moesaic/concepts/placement_policy.hpp>

namespace moesaic::placement {

/// Computes every missing expert where it lies, in slow memory, and never waits for one that is on its way: transfers are
/// for the prefetch scheduler alone.
///
/// Source: MoE-SpAc (arXiv 2603.09983), released code: a miss is always computed on the host, a copy under way is no hit.
/// Mechanism: all misses answer `host`; an engine that cannot compute there has them fetched, as if `fetch` had been asked.
/// Cost: O(misses), no state.
/// State and Ties: none; all misses get the same answer.
/// Threads: one at a time.
/// Knobs: `least`, the utility (scale of the bundle's scorer) below which an expert is not worth fast memory; eviction,
/// admission and prefetch see it as scene.threshold. Default: the lowest, which excludes nobody.
struct host {
  using hears = events<>;

  utility least = utility::lowest();

  template <utility_scorer S>
  void place(const scene<S>&, std::span<const miss>, std::span<remedy> remedies) const noexcept {
    std::fill(remedies.begin(), remedies.end(), remedy::host);
  }
  [[nodiscard]] utility threshold() const noexcept { return least; }
};

static_assert(placement_policy<host>, "host no longer models placement_policy");

}  // namespace moesaic::placement
