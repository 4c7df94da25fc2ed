// SPDX-License-Identifier: MIT
// expect-error: admission policy lacks  bool displaces_own_event
#include <moesaic/concepts/admission_policy.hpp>

struct mine {
  using hears = moesaic::events<>;
  template <moesaic::utility_scorer S>
  moesaic::verdict admit(const moesaic::admission_scene<S>&) noexcept {
    return moesaic::verdict::keep;
  }
#ifdef FIXED
  bool displaces_own_event() const noexcept { return false; }
#else
  bool displaces_event() const noexcept { return false; }
#endif
};
static_assert(moesaic::explain_admission_policy<mine>());
