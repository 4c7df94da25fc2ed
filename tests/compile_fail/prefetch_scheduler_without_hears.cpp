// SPDX-License-Identifier: MIT
// expect-error: prefetch scheduler lacks  using hears = moesaic::events<...>
#include <optional>

#include <moesaic/concepts/prefetch_scheduler.hpp>

struct mine {
#ifdef FIXED
  using hears = moesaic::events<>;
#endif
  template <moesaic::utility_scorer S>
  std::optional<moesaic::prefetch_request> next(const moesaic::scene<S>&) noexcept {
    return std::nullopt;
  }
  void settle(const moesaic::prefetch_request&, moesaic::prefetch_fate) noexcept {}
};
static_assert(moesaic::explain_prefetch_scheduler<mine>());
