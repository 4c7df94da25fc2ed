// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/next_gate.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/systems/description.hpp>

namespace moesaic::systems {

/// A cache of each layer's least recently used order, and the next layer's gate on the hidden state of this one, whose first choices
/// are loaded while this layer computes. It does not speculate on tokens.
/// Source: Mixtral-Offloading (arXiv 2312.17238). What it says, and what was chosen where it is silent: docs/systems/baselines.md.
struct mixtral_offloading {
  static constexpr description described{
      .name = "mixtral_offloading",
      .help = "Mixtral-Offloading: lru, and the next layer's gate asked early names two experts to load",
      .prediction = "next_gate(most=2,horizon=1)",
      .prefetch = "most_useful(in_flight=2,horizon=1)",
  };

  group_per_layer groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::next_gate prediction{.most = 2, .horizon = 1};
  prefetch::most_useful prefetch{.in_flight = 2, .horizon = 1};
  placement::fetch placement{};
  speculation::fixed speculation{};
};
static_assert(explain_policy_bundle<mixtral_offloading>());

}  // namespace moesaic::systems
