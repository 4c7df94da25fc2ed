// SPDX-License-Identifier: MIT
// expect-error: admission policy lacks  verdict admit
#include <moesaic/concepts/admission_policy.hpp>

struct mine {
  using hears = moesaic::events<>;
#ifdef FIXED
  template <moesaic::utility_scorer S>
  moesaic::verdict admit(const moesaic::admission_scene<S>&) noexcept {
    return moesaic::verdict::keep;
  }
#else
  template <moesaic::utility_scorer S>
  moesaic::verdict admits(const moesaic::admission_scene<S>&) noexcept {
    return moesaic::verdict::keep;
  }
#endif
  bool displaces_own_event() const noexcept { return false; }
};
static_assert(moesaic::explain_admission_policy<mine>());
