// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/concepts/admission_policy.hpp>

namespace moesaic::admission {

/// Streams every miss through the staging frames and gives slots to prefetches alone, so that a miss never displaces what
/// was fetched on purpose.
///
/// Source: MoE-SpeQ's released engine Specter, demand policy `staging` (its other one, `resident`, is `forced` here).
/// Mechanism: demand is bypassed, a prefetch is kept. Without a prefetch scheduler nothing ever becomes resident.
/// Cost: O(1), no state.
/// State and Ties: none; who leaves for a prefetch is eviction's affair.
/// Threads: one at a time. No knobs.
struct staging_only {
  using hears = events<>;
  [[nodiscard]] static constexpr bool displaces_own_event() noexcept { return false; }

  template <utility_scorer S>
  [[nodiscard]] verdict admit(const admission_scene<S>& scene) const noexcept {
    return scene.why == cause::prefetch ? verdict::keep : verdict::bypass;
  }
};

static_assert(admission_policy<staging_only>, "staging_only no longer models admission_policy");

}  // namespace moesaic::admission
