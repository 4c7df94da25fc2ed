// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/protected_lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/draft_routes.hpp>
#include <moesaic/prefetch/three_phases.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/speculation/amortization_roofline.hpp>
#include <moesaic/systems/description.hpp>

namespace moesaic::systems {

/// A quantised twin of the target drafts, and its routes say which experts verification will want; they are prefetched in three
/// phases while it drafts, and nobody leaves whom they want. As many tokens are drafted as pay for their missing experts.
/// Source: MoE-SpeQ (arXiv 2511.14102). What it says, and what was chosen where it is silent: docs/systems/moe_speq.md.
struct moe_speq {
  static constexpr description described{
      .name = "moe_speq",
      .help = "MoE-SpeQ: a quantised twin drafts; what its routes name is prefetched in three phases while it does",
      .eviction = "protected_lru",
      .prediction = "draft_routes",
      .prefetch = "three_phases",
      .speculation = "amortization_roofline",
  };

  group_per_layer groups{};
  scoring::none scoring{};
  eviction::protected_lru eviction{};
  admission::forced admission{};
  prediction::draft_routes prediction{};
  prefetch::three_phases prefetch{};
  placement::fetch placement{};
  speculation::amortization_roofline speculation{};
};
static_assert(explain_policy_bundle<moe_speq>());

}  // namespace moesaic::systems
