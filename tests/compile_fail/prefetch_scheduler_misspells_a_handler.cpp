// SPDX-License-Identifier: MIT
// expect-error: prefetch scheduler declares an event it has no  void on
#include <optional>

#include <moesaic/concepts/prefetch_scheduler.hpp>

struct mine {
  using hears = moesaic::events<moesaic::evicted>;
#ifdef FIXED
  void on(const moesaic::evicted&) noexcept {}
#else
  void no(const moesaic::evicted&) noexcept {}
#endif
  template <moesaic::utility_scorer S>
  std::optional<moesaic::prefetch_request> next(const moesaic::scene<S>&) noexcept {
    return std::nullopt;
  }
  void settle(const moesaic::prefetch_request&, moesaic::prefetch_fate) noexcept {}
};
static_assert(moesaic::explain_prefetch_scheduler<mine>());
