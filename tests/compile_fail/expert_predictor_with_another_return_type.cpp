// SPDX-License-Identifier: MIT
// expect-error: expert predictor has every call, but a return type or a noexcept differs
#include <moesaic/concepts/expert_predictor.hpp>

struct mine {
  using hears = moesaic::events<>;
#ifdef FIXED
  const moesaic::forecast& expectation() const noexcept { return next; }
  moesaic::forecast next{};
#else
  moesaic::forecast expectation() const noexcept { return next; }
  moesaic::forecast next{};
#endif
};
static_assert(moesaic::explain_expert_predictor<mine>());
