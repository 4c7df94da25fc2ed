// SPDX-License-Identifier: MIT
// expect-error: policy bundle lacks a member  speculation
#include <moesaic/concepts/policy_bundle.hpp>

struct mine {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
  moesaic::archetype::prefetch prefetch{};
  moesaic::archetype::placement placement{};
#ifdef FIXED
  moesaic::archetype::governor speculation{};
#endif
};
static_assert(moesaic::explain_policy_bundle<mine>());
