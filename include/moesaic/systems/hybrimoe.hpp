// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/least_useful.hpp>
#include <moesaic/placement/two_ended.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/minus_recent_score.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/systems/description.hpp>

namespace moesaic::systems {

/// Missing experts are divided between device and host as they come, and the expert with the lowest recent gate score leaves.
/// Prefetch is off, as in the released code.
/// Source: HybriMoE (arXiv 2504.05897). What it says, and what was chosen where it is silent: docs/systems/baselines.md.
struct hybrimoe {
  static constexpr description described{
      .name = "hybrimoe",
      .help = "HybriMoE: device and host share what is missing; the lowest recent gate score leaves",
      .scoring = "minus_recent_score",
      .eviction = "least_useful",
      .placement = "two_ended",
  };

  group_per_layer groups{};
  scoring::minus_recent_score scoring{};
  eviction::least_useful eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  placement::two_ended placement{};
  speculation::fixed speculation{};
};
static_assert(explain_policy_bundle<hybrimoe>());

}  // namespace moesaic::systems
