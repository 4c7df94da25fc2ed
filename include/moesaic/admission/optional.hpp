// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include <moesaic/concepts/admission_policy.hpp>

namespace moesaic::admission {

/// Lets a newcomer in where there is room, or where it is worth more than who would have to go, by the eviction policy's key.
///
/// Source: bypassing caches; for experts the keep-the-best rule of arXiv 2608.07911. The rule `optional` of this library's
/// replay: after an event, the best of (residents and event) by key are resident.
/// Mechanism: misses are asked in ascending id, each against the smallest of those present, the event's own included: what is
/// left is the best of all, because the smallest of a growing set never rises back.
/// Cost: O(1), no state.
/// State and Ties: none remembered. Equal keys: the lower id leaves, so a newcomer with the higher id is kept. Without keys
/// (eviction has none) everyone is let in, as under `forced`; programs refuse that pair.
/// Threads: one at a time. No knobs.
struct optional {
  using hears = events<>;
  [[nodiscard]] static constexpr bool displaces_own_event() noexcept { return true; }

  template <utility_scorer S>
  [[nodiscard]] verdict admit(const admission_scene<S>& scene) const noexcept {
    if (!scene.displaces || !scene.newcomer_key || !scene.displaced_key) return verdict::keep;
    const bool worth_more = std::pair(*scene.displaced_key, *scene.displaces) < std::pair(*scene.newcomer_key, scene.newcomer);
    return worth_more ? verdict::keep : verdict::bypass;
  }
};

static_assert(admission_policy<optional>, "optional no longer models admission_policy");

}  // namespace moesaic::admission
