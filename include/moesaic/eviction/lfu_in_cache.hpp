// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/eviction/use_table.hpp>

namespace moesaic::eviction {

/// Gives up the expert that the fewest events used since it came in.
///
/// Source: textbook, in the form most caches have: a count starts at one with each load. The "perfect" form, which keeps counts,
/// is lfu; the two differ by 1 to 4 points.
/// Mechanism: key = (events that used it since it entered, that one included; number of the last). A prefetched expert counts as
/// used once until it is, or leaves.
/// Cost: O(1) per use, admission and eviction; victim O(candidates), about 1 ns each. 40 bytes per expert of the model.
/// State and Ties: an evicted expert is forgotten. Equal counts: the older last use leaves, then the lower id. Counts saturate at
/// 2^28 uses.
/// Threads: one at a time. No knobs.
///
///     eviction::lfu_in_cache policy;                           // 1 was used twice, left, and came back; 2 was used twice
///     policy.victim(scene) == make_expert(0, 1);
class lfu_in_cache {
 public:
  using hears = events<inventory, layer_event, admitted, evicted>;

  void on(const inventory& all) {
    space_ = all.space();
    uses_ = use_table<event_count>(all);
  }
  void on(const layer_event& event) noexcept {
    ++now_;
    uses_.begin({1});
    const auto flat_of = space_.in(event.layer);
    for (const demand& d : event.wanted) {
      const std::uint32_t flat = flat_of(d.expert);
      if (uses_.resident(flat)) uses_.use(flat);
    }
  }
  void on(const admitted& one) noexcept {
    const std::uint32_t flat = space_.flat(one.expert);
    uses_.forget(flat);
    if (one.why == cause::demand) uses_.use(flat);
    uses_.admit(flat, one.why);
  }
  void on(const evicted& one) noexcept { uses_.forget(space_.flat(one.expert)); }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    return victim_at(victim_index(scene), space_);
  }
  template <utility_scorer S>
  [[nodiscard]] std::uint32_t victim_index(const eviction_scene<S>& scene) const noexcept {
    return uses_.least(scene.candidates);
  }
  [[nodiscard]] utility key(expert_id e) const noexcept {
    const std::uint32_t flat = space_.flat(e);
    return uses_.resident(flat) ? uses_.key(flat) : event_count{1}.worth(now_);
  }

 private:
  expert_space space_;
  use_table<event_count> uses_;
  std::uint64_t now_ = 0;  ///< events heard; the running one's number
};

static_assert(keyed_eviction_policy<lfu_in_cache>, "lfu_in_cache no longer models keyed_eviction_policy");

}  // namespace moesaic::eviction
