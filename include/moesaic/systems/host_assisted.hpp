// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/least_useful.hpp>
#include <moesaic/placement/host.hpp>
#include <moesaic/prediction/previous_step.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/scoring/decayed_frequency.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/systems/description.hpp>

namespace moesaic::systems {

/// What is missing is computed where it lies, and only prefetches take slots: the least used expert leaves for one that its
/// layer used last.
/// Source: the division of labour of MoE-SpAc (arXiv 2603.09983) and Fiddler (arXiv 2402.07033), without their estimators.
struct host_assisted {
  static constexpr description described{
      .name = "host_assisted",
      .help = "what is missing is computed in slow memory, in place; only prefetches take slots",
      .scoring = "decayed_frequency",
      .eviction = "least_useful",
      .prediction = "previous_step",
      .prefetch = "most_useful",
      .placement = "host",
  };

  group_per_layer groups{};
  scoring::decayed_frequency scoring{};
  eviction::least_useful eviction{};
  admission::forced admission{};
  prediction::previous_step prediction{};
  prefetch::most_useful prefetch{};
  placement::host placement{};
  speculation::fixed speculation{};
};
static_assert(explain_policy_bundle<host_assisted>());

}  // namespace moesaic::systems
