// SPDX-License-Identifier: MIT
// expect-error: admission policy declares an event it has no  void on
#include <moesaic/concepts/admission_policy.hpp>

struct mine {
  using hears = moesaic::events<moesaic::evicted>;
#ifdef FIXED
  void on(const moesaic::evicted&) noexcept {}
#else
  void no(const moesaic::evicted&) noexcept {}
#endif
  template <moesaic::utility_scorer S>
  moesaic::verdict admit(const moesaic::admission_scene<S>&) noexcept {
    return moesaic::verdict::keep;
  }
  bool displaces_own_event() const noexcept { return false; }
};
static_assert(moesaic::explain_admission_policy<mine>());
