// SPDX-License-Identifier: MIT
// expect-error: policy bundle lacks a member  prediction
#include <moesaic/concepts/policy_bundle.hpp>

struct mine {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
#ifdef FIXED
  moesaic::archetype::predictor prediction{};
#endif
  moesaic::archetype::prefetch prefetch{};
  moesaic::archetype::placement placement{};
};
static_assert(moesaic::explain_residency_bundle<mine>());
