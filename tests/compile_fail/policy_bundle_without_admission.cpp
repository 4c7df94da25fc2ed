// SPDX-License-Identifier: MIT
// expect-error: policy bundle lacks a member  admission
#include <moesaic/concepts/policy_bundle.hpp>

struct mine {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
#ifdef FIXED
  moesaic::archetype::admission admission{};
#endif
  moesaic::archetype::predictor prediction{};
  moesaic::archetype::prefetch prefetch{};
  moesaic::archetype::placement placement{};
};
static_assert(moesaic::explain_residency_bundle<mine>());
