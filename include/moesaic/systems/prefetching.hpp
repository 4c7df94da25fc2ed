// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/transition_counts.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/scoring/decayed_frequency.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/systems/description.hpp>

namespace moesaic::systems {

/// As on_demand, and an idle link brings what usually follows in the next layers.
/// Source: ours; the cross-layer counts are those of EdgeMoE (arXiv 2308.14352) and its successors, learned while it runs.
struct prefetching {
  static constexpr description described{
      .name = "prefetching",
      .help = "the same, and an idle link brings what usually follows in the next layers",
      .scoring = "decayed_frequency",
      .prediction = "transition_counts",
      .prefetch = "most_useful",
  };

  group_per_layer groups{};
  scoring::decayed_frequency scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::transition_counts prediction{};
  prefetch::most_useful prefetch{};
  placement::fetch placement{};
  speculation::fixed speculation{};
};
static_assert(explain_policy_bundle<prefetching>());

}  // namespace moesaic::systems
