// SPDX-License-Identifier: MIT
// expect-error: placement policy lacks  using hears = moesaic::events<...>
#include <span>

#include <moesaic/concepts/placement_policy.hpp>

struct mine {
#ifdef FIXED
  using hears = moesaic::events<>;
#endif
  template <moesaic::utility_scorer S>
  void place(const moesaic::scene<S>&, std::span<const moesaic::miss>, std::span<moesaic::remedy>) noexcept {}
  moesaic::utility threshold() const noexcept { return moesaic::utility::lowest(); }
};
static_assert(moesaic::explain_placement_policy<mine>());
