// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/lfu_in_cache.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/activation_matrices.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/systems/description.hpp>

namespace moesaic::systems {

/// What the most similar earlier sequence used is brought ahead, and the expert used least since it came leaves; one pool for all layers.
/// Source: MoE-Infinity (arXiv 2401.14361); the eviction is that of its released code. docs/systems/baselines.md says what was chosen.
struct moe_infinity {
  static constexpr description described{
      .name = "moe_infinity",
      .help = "MoE-Infinity: prefetch by the most similar earlier sequence; the least used since it came leaves",
      .scope = "global",
      .eviction = "lfu_in_cache",
      .prediction = "activation_matrices",
      .prefetch = "most_useful(in_flight=4,horizon=4)",
  };

  one_group groups{};
  scoring::none scoring{};
  eviction::lfu_in_cache eviction{};
  admission::forced admission{};
  prediction::activation_matrices prediction{};
  prefetch::most_useful prefetch{.in_flight = 4, .horizon = 4};
  placement::fetch placement{};
  speculation::fixed speculation{};
};
static_assert(explain_policy_bundle<moe_infinity>());

}  // namespace moesaic::systems
