// SPDX-License-Identifier: MIT
// expect-error: expert predictor declares an event it has no  void on
#include <moesaic/concepts/expert_predictor.hpp>

struct mine {
  using hears = moesaic::events<moesaic::evicted>;
#ifdef FIXED
  void on(const moesaic::evicted&) noexcept {}
#else
  void no(const moesaic::evicted&) noexcept {}
#endif
  const moesaic::forecast& expectation() const noexcept { return next; }
  moesaic::forecast next{};
};
static_assert(moesaic::explain_expert_predictor<mine>());
