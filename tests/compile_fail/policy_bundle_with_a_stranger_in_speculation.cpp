// SPDX-License-Identifier: MIT
// expect-error: speculation governor lacks  using hears
#include <moesaic/concepts/policy_bundle.hpp>

struct stranger {};
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
#else
  stranger speculation{};
#endif
};
static_assert(moesaic::explain_policy_bundle<mine>());
