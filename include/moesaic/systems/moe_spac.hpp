// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/admission/reaches_threshold.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/below_threshold.hpp>
#include <moesaic/placement/balanced_host.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/utility_levels.hpp>
#include <moesaic/scoring/hysteresis.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/systems/description.hpp>

namespace moesaic::systems {

/// Eight tokens are drafted by any small model. How many of a window's tokens the target routes to an expert moves its utility by
/// one; that number alone says who is prefetched into the one pool, who leaves it, and who is computed in slow memory instead.
/// Source: MoE-SpAc (arXiv 2603.09983). What it says, and what was chosen where it is silent: docs/systems/moe_spac.md.
struct moe_spac {
  static constexpr description described{
      .name = "moe_spac",
      .help = "MoE-SpAc: a utility from the counts of verified windows; misses in slow memory, the useful prefetched",
      .scope = "global",
      .scoring = "hysteresis",
      .eviction = "below_threshold",
      .admission = "reaches_threshold",
      .prefetch = "utility_levels",
      .placement = "balanced_host",
      .speculation = "fixed(8)",
  };

  one_group groups{};
  scoring::hysteresis scoring{.top = 5, .up = 5, .down = 1};
  eviction::below_threshold eviction{};
  admission::reaches_threshold admission{};
  prediction::none prediction{};
  prefetch::utility_levels prefetch{.levels = 5};
  placement::balanced_host placement{.least = 1, .levels = 5};
  speculation::fixed speculation{.length = {8}};
};
static_assert(explain_policy_bundle<moe_spac>());

}  // namespace moesaic::systems
