// SPDX-License-Identifier: MIT
// expect-error: placement policy declares an event it has no  void on
#include <span>

#include <moesaic/concepts/placement_policy.hpp>

struct mine {
  using hears = moesaic::events<moesaic::evicted>;
#ifdef FIXED
  void on(const moesaic::evicted&) noexcept {}
#else
  void no(const moesaic::evicted&) noexcept {}
#endif
  template <moesaic::utility_scorer S>
  void place(const moesaic::scene<S>&, std::span<const moesaic::miss>, std::span<moesaic::remedy>) noexcept {}
  moesaic::utility threshold() const noexcept { return moesaic::utility::lowest(); }
};
static_assert(moesaic::explain_placement_policy<mine>());
