// SPDX-License-Identifier: MIT
// expect-error: expert predictor lacks  using hears = moesaic::events<...>
#include <moesaic/concepts/expert_predictor.hpp>

struct mine {
#ifdef FIXED
  using hears = moesaic::events<>;
#endif
  const moesaic::forecast& expectation() const noexcept { return next; }
  moesaic::forecast next{};
};
static_assert(moesaic::explain_expert_predictor<mine>());
