// SPDX-License-Identifier: MIT
// expect-error: policy bundle lacks a member  placement
#include <moesaic/concepts/policy_bundle.hpp>

struct mine {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
  moesaic::archetype::prefetch prefetch{};
#ifdef FIXED
  moesaic::archetype::placement placement{};
#endif
};
static_assert(moesaic::explain_residency_bundle<mine>());
