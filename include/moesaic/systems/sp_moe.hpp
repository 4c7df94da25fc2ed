// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/cross_model.hpp>
#include <moesaic/prefetch/analytic_cutoff.hpp>
#include <moesaic/scoring/recency.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/systems/description.hpp>

namespace moesaic::systems {

/// One token is drafted by a model of the same depth and width; while it runs, the target's gates on its hidden states name the
/// experts of the first layers, and an idle link brings them, layer by layer. What is missing then is fetched; lru leaves.
/// Source: SP-MoE (arXiv 2510.10302). What it says, and what was chosen where it is silent: docs/systems/sp_moe.md.
struct sp_moe {
  static constexpr description described{
      .name = "sp_moe",
      .help = "SP-MoE: the target's gates on the drafter's hidden states; prefetch of the first layers while drafting",
      .scoring = "recency",
      .prediction = "cross_model",
      .prefetch = "analytic_cutoff",
      .speculation = "fixed(1)",
  };

  group_per_layer groups{};
  scoring::recency scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::cross_model prediction{};
  prefetch::layer_order<prefetch::analytic_cutoff> prefetch{};
  placement::fetch placement{};
  speculation::fixed speculation{.length = {1}};
};
static_assert(explain_policy_bundle<sp_moe>());

}  // namespace moesaic::systems
