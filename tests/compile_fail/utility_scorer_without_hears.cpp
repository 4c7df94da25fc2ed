// SPDX-License-Identifier: MIT
// expect-error: utility scorer lacks  using hears = moesaic::events<...>
#include <moesaic/concepts/utility_scorer.hpp>

struct mine {
#ifdef FIXED
  using hears = moesaic::events<>;
#endif
  moesaic::utility score(moesaic::expert_id) const noexcept { return {}; }
};
static_assert(moesaic::explain_utility_scorer<mine>());
