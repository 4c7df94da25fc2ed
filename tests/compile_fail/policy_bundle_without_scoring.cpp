// SPDX-License-Identifier: MIT
// expect-error: policy bundle lacks a member  scoring
#include <moesaic/concepts/policy_bundle.hpp>

struct mine {
  moesaic::one_group groups{};
#ifdef FIXED
  moesaic::archetype::scorer scoring{};
#endif
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
  moesaic::archetype::prefetch prefetch{};
  moesaic::archetype::placement placement{};
};
static_assert(moesaic::explain_residency_bundle<mine>());
