// SPDX-License-Identifier: MIT
// expect-error: eviction policy lacks  using hears
#include <moesaic/concepts/policy_bundle.hpp>

struct stranger {};
struct mine {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
#ifdef FIXED
  moesaic::archetype::eviction eviction{};
#else
  stranger eviction{};
#endif
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
  moesaic::archetype::prefetch prefetch{};
  moesaic::archetype::placement placement{};
  moesaic::archetype::governor speculation{};
};
static_assert(moesaic::explain_residency_bundle<mine>());
