// SPDX-License-Identifier: MIT
// expect-error: placement policy lacks  using hears
#include <moesaic/concepts/policy_bundle.hpp>

struct stranger {};
struct mine {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
  moesaic::archetype::prefetch prefetch{};
#ifdef FIXED
  moesaic::archetype::placement placement{};
#else
  stranger placement{};
#endif
  moesaic::archetype::governor speculation{};
};
static_assert(moesaic::explain_residency_bundle<mine>());
