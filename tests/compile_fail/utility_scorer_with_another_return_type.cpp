// SPDX-License-Identifier: MIT
// expect-error: utility scorer has every call, but a return type or a noexcept differs
#include <moesaic/concepts/utility_scorer.hpp>

struct mine {
  using hears = moesaic::events<>;
#ifdef FIXED
  moesaic::utility score(moesaic::expert_id) const noexcept { return {}; }
#else
  double score(moesaic::expert_id) const noexcept { return 0; }
#endif
};
static_assert(moesaic::explain_utility_scorer<mine>());
