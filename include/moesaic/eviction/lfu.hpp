// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/eviction/use_table.hpp>

namespace moesaic::eviction {

/// Gives up the expert that the fewest events used.
///
/// Source: textbook, in the "perfect" form (counts survive eviction); the form that forgets them differs by 1 to 4 points.
/// Mechanism: key = (events that used it, number of the last one). An event counts once, however many of its tokens use the
/// expert. A prefetched expert counts as used once more until it is, or leaves.
/// Cost: O(1) per use, admission and eviction; victim O(candidates), about 1 ns each. 40 bytes per expert of the model.
/// State and Ties: nothing is forgotten, so what was popular once stays long: prefer lrfu in long runs. Equal counts: the
/// older last use leaves, then the lower id. Counts saturate at 2^28 uses.
/// Threads: one at a time. No knobs.
///
///     eviction::lfu policy;                                    // events {1, 2}, {1}: 2 was used once, 1 twice
///     policy.victim(scene) == make_expert(0, 2);
class lfu {
 public:
  using hears = events<inventory, layer_event, admitted, evicted>;

  void on(const inventory& all) {
    space_ = all.space();
    uses_ = use_table<event_count>(all);
  }
  void on(const layer_event& event) noexcept {
    uses_.begin({1});
    uses_.use(event, space_);
  }
  void on(const admitted& one) noexcept { uses_.admit(space_.flat(one.expert), one.why); }
  void on(const evicted& one) noexcept { uses_.evict(space_.flat(one.expert)); }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    return victim_at(victim_index(scene), space_);
  }
  template <utility_scorer S>
  [[nodiscard]] std::uint32_t victim_index(const eviction_scene<S>& scene) const noexcept {
    return uses_.least(scene.candidates);
  }
  [[nodiscard]] utility key(expert_id e) const noexcept { return uses_.key(space_.flat(e)); }

 private:
  expert_space space_;
  use_table<event_count> uses_;
};

static_assert(keyed_eviction_policy<lfu>, "lfu no longer models keyed_eviction_policy");

}  // namespace moesaic::eviction
