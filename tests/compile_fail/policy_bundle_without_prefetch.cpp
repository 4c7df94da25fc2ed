// SPDX-License-Identifier: MIT
// expect-error: policy bundle lacks a member  prefetch
#include <moesaic/concepts/policy_bundle.hpp>

struct mine {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
#ifdef FIXED
  moesaic::archetype::prefetch prefetch{};
#endif
  moesaic::archetype::placement placement{};
};
static_assert(moesaic::explain_residency_bundle<mine>());
