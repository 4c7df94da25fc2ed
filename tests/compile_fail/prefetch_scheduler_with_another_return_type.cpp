// SPDX-License-Identifier: MIT
// expect-error: prefetch scheduler has every call, but a return type or a noexcept differs
#include <optional>

#include <moesaic/concepts/prefetch_scheduler.hpp>

struct mine {
  using hears = moesaic::events<>;
#ifdef FIXED
  template <moesaic::utility_scorer S>
  std::optional<moesaic::prefetch_request> next(const moesaic::scene<S>&) noexcept {
    return std::nullopt;
  }
#else
  template <moesaic::utility_scorer S>
  std::optional<moesaic::expert_id> next(const moesaic::scene<S>&) noexcept {
    return std::nullopt;
  }
#endif
  void settle(const moesaic::prefetch_request&, moesaic::prefetch_fate) noexcept {}
};
static_assert(moesaic::explain_prefetch_scheduler<mine>());
