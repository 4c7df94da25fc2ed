// SPDX-License-Identifier: MIT
// expect-error: policy bundle cannot be moved and assigned
#include <moesaic/concepts/policy_bundle.hpp>

struct mine {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
  moesaic::archetype::prefetch prefetch{};
  moesaic::archetype::placement placement{};
  mine() = default;
#ifndef FIXED
  mine(const mine&) = delete;
#endif
};
static_assert(moesaic::explain_residency_bundle<mine>());
