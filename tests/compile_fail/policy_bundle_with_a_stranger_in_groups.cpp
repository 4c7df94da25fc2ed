// SPDX-License-Identifier: MIT
// expect-error: eviction groups lack  std::uint32_t count
#include <moesaic/concepts/policy_bundle.hpp>

struct stranger {};
struct mine {
#ifdef FIXED
  moesaic::one_group groups{};
#else
  stranger groups{};
#endif
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
  moesaic::archetype::prefetch prefetch{};
  moesaic::archetype::placement placement{};
  moesaic::archetype::governor speculation{};
};
static_assert(moesaic::explain_residency_bundle<mine>());
