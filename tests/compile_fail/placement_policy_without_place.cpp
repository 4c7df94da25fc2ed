// SPDX-License-Identifier: MIT
// expect-error: placement policy lacks  void place
#include <span>

#include <moesaic/concepts/placement_policy.hpp>

struct mine {
  using hears = moesaic::events<>;
#ifdef FIXED
  template <moesaic::utility_scorer S>
  void place(const moesaic::scene<S>&, std::span<const moesaic::miss>, std::span<moesaic::remedy>) noexcept {}
#else
  template <moesaic::utility_scorer S>
  void place(const moesaic::scene<S>&, std::span<const moesaic::miss>) noexcept {}
#endif
  moesaic::utility threshold() const noexcept { return moesaic::utility::lowest(); }
};
static_assert(moesaic::explain_placement_policy<mine>());
