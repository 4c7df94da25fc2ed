// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/never.hpp>
#include <moesaic/placement/host.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/fill_room.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/systems/description.hpp>

namespace moesaic::systems {

/// The experts of the last layers are loaded once, as many as fit, and never move; all others are computed where they lie, in slow
/// memory.
/// Source: llama.cpp with --n-cpu-moe. What it does, and what differs here: docs/systems/baselines.md.
struct llama_cpp_like {
  static constexpr description described{
      .name = "llama_cpp_like",
      .help = "like llama.cpp --n-cpu-moe: the last layers' experts stay in fast memory, the rest is computed in place",
      .scope = "global",
      .eviction = "never",
      .prefetch = "fill_room",
      .placement = "host",
  };

  one_group groups{};
  scoring::none scoring{};
  eviction::never eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  prefetch::fill_room prefetch{};
  placement::host placement{};
  speculation::fixed speculation{};
};
static_assert(explain_policy_bundle<llama_cpp_like>());

}  // namespace moesaic::systems
