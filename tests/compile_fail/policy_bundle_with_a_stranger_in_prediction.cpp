// SPDX-License-Identifier: MIT
// expect-error: expert predictor lacks  using hears
#include <moesaic/concepts/policy_bundle.hpp>

struct stranger {};
struct mine {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
#ifdef FIXED
  moesaic::archetype::predictor prediction{};
#else
  stranger prediction{};
#endif
  moesaic::archetype::prefetch prefetch{};
  moesaic::archetype::placement placement{};
  moesaic::archetype::governor speculation{};
};
static_assert(moesaic::explain_residency_bundle<mine>());
