// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/concepts/admission_policy.hpp>

namespace moesaic::admission {

/// Lets a newcomer in if its score reaches the threshold that earns fast memory, demanded or prefetched.
///
/// Source: MoE-SpAc (arXiv 2603.09983): only experts of the queues at or above the threshold are copied. There misses are computed
/// on the host and never ask; here one that is fetched all the same goes through a frame if it is worth less.
/// Mechanism: keep where the scene's score of the newcomer is at or above scene.threshold. Where the placement policy has no
/// threshold (the lowest utility) everyone is let in.
/// Cost: one score, no state.
/// State and Ties: none remembered. A score equal to the threshold is let in.
/// Threads: one at a time. No knobs.
struct reaches_threshold {
  using hears = events<>;
  [[nodiscard]] static constexpr bool displaces_own_event() noexcept { return false; }

  template <utility_scorer S>
  [[nodiscard]] verdict admit(const admission_scene<S>& scene) const noexcept {
    return scene.scores.score(scene.newcomer) >= scene.threshold ? verdict::keep : verdict::bypass;
  }
};

static_assert(admission_policy<reaches_threshold>, "reaches_threshold no longer models admission_policy");

}  // namespace moesaic::admission
