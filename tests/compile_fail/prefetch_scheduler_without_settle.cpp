// SPDX-License-Identifier: MIT
// expect-error: prefetch scheduler lacks  void settle
#include <optional>

#include <moesaic/concepts/prefetch_scheduler.hpp>

struct mine {
  using hears = moesaic::events<>;
  template <moesaic::utility_scorer S>
  std::optional<moesaic::prefetch_request> next(const moesaic::scene<S>&) noexcept {
    return std::nullopt;
  }
#ifdef FIXED
  void settle(const moesaic::prefetch_request&, moesaic::prefetch_fate) noexcept {}
#else
  void settle(const moesaic::prefetch_request&) noexcept {}
#endif
};
static_assert(moesaic::explain_prefetch_scheduler<mine>());
