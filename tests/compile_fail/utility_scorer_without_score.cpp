// SPDX-License-Identifier: MIT
// expect-error: utility scorer lacks  utility score
#include <moesaic/concepts/utility_scorer.hpp>

struct mine {
  using hears = moesaic::events<>;
#ifdef FIXED
  moesaic::utility score(moesaic::expert_id) const noexcept { return {}; }
#else
  moesaic::utility scores(moesaic::expert_id) const noexcept { return {}; }
#endif
};
static_assert(moesaic::explain_utility_scorer<mine>());
