// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include <moesaic/concepts/eviction_policy.hpp>

namespace moesaic::eviction {

/// Gives up the least useful expert if it is worth less than the threshold that earns fast memory; else nobody leaves, and the
/// newcomer stays away.
///
/// Source: MoE-SpAc (arXiv 2603.09983), whose prefetch thread waits where the least useful has reached the threshold.
/// Deviation: of equals the code takes the lowest id, which is the earliest layer and so the one needed soonest in the next
/// pass; here it is the one whose layer lies furthest ahead. Experts of running layers are pinned by the core, which is what the
/// code's score above the highest is for.
/// Mechanism: smallest (score, layers until it may be wanted counted backwards, id); refused if the score reaches scene.threshold.
/// The threshold is the placement policy's. Where it has none (the lowest utility) nobody is protected, as with least_useful.
/// Cost: one score per candidate, no state.
/// State and Ties: none remembered. Equal scores: whose layer comes last from here leaves, the running layer being last of all; then
/// the lower id. It has no key: the order turns with the running layer.
/// Threads: one at a time. No knobs.
struct below_threshold {
  using hears = events<>;

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    const std::uint32_t layers = scene.residency.shape().layers();
    using rank = std::tuple<utility, std::uint32_t, expert_id>;
    std::optional<rank> least;
    for (const expert_id e : scene.candidates) {
      const rank its{scene.scores.score(e), layers - layers_until(scene.layer, e.layer, layers), e};
      if (!least || its < *least) least = its;
    }
    if (!least || (scene.threshold != utility::lowest() && std::get<utility>(*least) >= scene.threshold)) return std::nullopt;
    return std::get<expert_id>(*least);
  }

 private:
  /// 1: the next layer; `layers`: this one, a step later.
  [[nodiscard]] static std::uint32_t layers_until(layer_index now, layer_index due, std::uint32_t layers) noexcept {
    return number(due) > number(now) ? number(due) - number(now) : layers - number(now) + number(due);
  }
};

static_assert(eviction_policy<below_threshold>, "below_threshold no longer models eviction_policy");

}  // namespace moesaic::eviction
