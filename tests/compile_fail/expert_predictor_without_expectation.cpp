// SPDX-License-Identifier: MIT
// expect-error: expert predictor lacks  const forecast& expectation
#include <moesaic/concepts/expert_predictor.hpp>

struct mine {
  using hears = moesaic::events<>;
#ifdef FIXED
  const moesaic::forecast& expectation() const noexcept { return next; }
  moesaic::forecast next{};
#else
  const moesaic::forecast& expected() const noexcept { return next; }
  moesaic::forecast next{};
#endif
};
static_assert(moesaic::explain_expert_predictor<mine>());
