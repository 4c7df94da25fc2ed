// SPDX-License-Identifier: MIT
// expect-error: prefetch scheduler lacks  using hears
#include <moesaic/concepts/policy_bundle.hpp>

struct stranger {};
struct mine {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
#ifdef FIXED
  moesaic::archetype::prefetch prefetch{};
#else
  stranger prefetch{};
#endif
  moesaic::archetype::placement placement{};
  moesaic::archetype::governor speculation{};
};
static_assert(moesaic::explain_residency_bundle<mine>());
