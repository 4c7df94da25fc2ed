// SPDX-License-Identifier: MIT
// expect-error: placement policy lacks  utility threshold
#include <span>

#include <moesaic/concepts/placement_policy.hpp>

struct mine {
  using hears = moesaic::events<>;
  template <moesaic::utility_scorer S>
  void place(const moesaic::scene<S>&, std::span<const moesaic::miss>, std::span<moesaic::remedy>) noexcept {}
#ifdef FIXED
  moesaic::utility threshold() const noexcept { return moesaic::utility::lowest(); }
#else
#endif
};
static_assert(moesaic::explain_placement_policy<mine>());
