// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include <moesaic/concepts/eviction_policy.hpp>

namespace moesaic::eviction {

/// Gives up the expert that the bundle's scorer finds least worth keeping.
///
/// Source: ours; MoE-SpAc (arXiv 2603.09983) evicts the lowest utility, with a refusal on top that is not here.
/// Mechanism: all knowledge is in the scorer: with scoring::recency it is lru over uses, with scoring::decayed_frequency lrfu.
/// Cost: one score per candidate, no state.
/// State and Ties: none remembered. Equal scores: the lower id leaves.
/// Threads: one at a time. No knobs. It has no key: what a newcomer would be worth is the scorer's affair.
struct least_useful {
  using hears = events<>;

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    std::optional<expert_id> least;
    utility worth{};
    for (const expert_id e : scene.candidates) {
      const utility its = scene.scores.score(e);
      if (least && (its > worth || (its == worth && e > *least))) continue;
      least = e;
      worth = its;
    }
    return least;
  }
};

static_assert(eviction_policy<least_useful>, "least_useful no longer models eviction_policy");

}  // namespace moesaic::eviction
