// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include <moesaic/concepts/prefetch_scheduler.hpp>

namespace moesaic::prefetch {

/// Moves nothing ahead of need.
///
/// Source: ours. Cost: O(1), no state. State and Ties: none. Threads: any. No knobs.
struct none {
  using hears = events<>;
  template <utility_scorer S>
  [[nodiscard]] std::optional<prefetch_request> next(const scene<S>&) const noexcept {
    return std::nullopt;
  }
  void settle(const prefetch_request&, prefetch_fate) const noexcept {}
};

static_assert(prefetch_scheduler<none>, "none no longer models prefetch_scheduler");

}  // namespace moesaic::prefetch

template <>
inline constexpr bool moesaic::never_prefetches<moesaic::prefetch::none> = true;
