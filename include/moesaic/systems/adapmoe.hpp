// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/next_gate.hpp>
#include <moesaic/prefetch/nearest_missing.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/systems/description.hpp>

namespace moesaic::systems {

/// The gates of the next layers are asked early; one missing expert travels at a time, that of the nearest layer that lacks one.
/// Its lossy gating (dropping a second expert of little weight) is left out: everything here computes what the model says.
/// Source: AdapMoE (arXiv 2408.10284). What it says, and what was chosen where it is silent: docs/systems/baselines.md.
struct adapmoe {
  static constexpr description described{
      .name = "adapmoe",
      .help = "AdapMoE: lru, and the nearest layer's missing expert by gates asked early, one at a time; nothing is dropped",
      .prediction = "next_gate(horizon=3)",
      .prefetch = "nearest_missing(horizon=3,in_flight=1)",
  };

  group_per_layer groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::next_gate prediction{.horizon = 3};
  prefetch::nearest_missing prefetch{};
  placement::fetch placement{};
  speculation::fixed speculation{};
};
static_assert(explain_policy_bundle<adapmoe>());

}  // namespace moesaic::systems
