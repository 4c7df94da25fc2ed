// SPDX-License-Identifier: MIT
// expect-error: utility scorer declares an event it has no  void on
#include <moesaic/concepts/utility_scorer.hpp>

struct mine {
  using hears = moesaic::events<moesaic::evicted>;
#ifdef FIXED
  void on(const moesaic::evicted&) noexcept {}
#else
  void no(const moesaic::evicted&) noexcept {}
#endif
  moesaic::utility score(moesaic::expert_id) const noexcept { return {}; }
};
static_assert(moesaic::explain_utility_scorer<mine>());
