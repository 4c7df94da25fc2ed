// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/systems/description.hpp>

namespace moesaic::systems {

/// What is missing is read when it is needed, and the least recently used expert of its layer leaves: what most engines do,
/// and what everything else is measured against.
/// Source: the common cache of Mixtral-Offloading (arXiv 2312.17238) without its prefetch.
struct on_demand {
  static constexpr description described{
      .name = "on_demand",
      .help = "what is missing is read when it is needed; least recently used leaves, layer by layer",
  };

  group_per_layer groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  placement::fetch placement{};
  speculation::fixed speculation{};
};
static_assert(explain_policy_bundle<on_demand>());

}  // namespace moesaic::systems
