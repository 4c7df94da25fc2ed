// SPDX-License-Identifier: MIT
// expect-error: policy bundle lacks a member  groups
#include <moesaic/concepts/policy_bundle.hpp>

struct mine {
#ifdef FIXED
  moesaic::one_group groups{};
#endif
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
  moesaic::archetype::prefetch prefetch{};
  moesaic::archetype::placement placement{};
};
static_assert(moesaic::explain_residency_bundle<mine>());
