// SPDX-License-Identifier: MIT
// expect-error: admission policy lacks  using hears = moesaic::events<...>
#include <moesaic/concepts/admission_policy.hpp>

struct mine {
#ifdef FIXED
  using hears = moesaic::events<>;
#endif
  template <moesaic::utility_scorer S>
  moesaic::verdict admit(const moesaic::admission_scene<S>&) noexcept {
    return moesaic::verdict::keep;
  }
  bool displaces_own_event() const noexcept { return false; }
};
static_assert(moesaic::explain_admission_policy<mine>());
