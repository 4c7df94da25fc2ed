// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/concepts/admission_policy.hpp>

namespace moesaic::admission {

/// Lets everyone in: each miss and each prefetch takes the room that eviction gives up.
///
/// Source: what demand caches do; the rule `forced` of this library's replay.
/// Cost: O(1), no state.
/// State and Ties: none; who leaves is eviction's affair. The running event's own experts are never displaced.
/// Threads: one at a time. No knobs.
struct forced {
  using hears = events<>;
  [[nodiscard]] static constexpr bool displaces_own_event() noexcept { return false; }

  template <utility_scorer S>
  [[nodiscard]] verdict admit(const admission_scene<S>&) const noexcept {
    return verdict::keep;
  }
};

static_assert(admission_policy<forced>, "forced no longer models admission_policy");

}  // namespace moesaic::admission

template <>
inline constexpr bool moesaic::admits_everyone<moesaic::admission::forced> = true;
