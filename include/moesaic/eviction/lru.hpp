// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/eviction/recency_list.hpp>

namespace moesaic::eviction {

/// Gives up the expert whose last use lies furthest back.
///
/// Source: textbook; order and ties by the counting rules of this library.
/// Mechanism: key = number of the last event that used the expert. One that is prefetched counts as used by the event that
/// runs or ran last: without that, prefetches would displace each other before their layer comes.
/// Cost: O(1) per use, admission, eviction and victim, flat in the number of slots; victim passes over residents that may
/// not leave (those of live leases stand at the hot end). 17 bytes per expert of the model.
/// State and Ties: an evicted expert is forgotten. All experts of one event share its key, and the lower id leaves first.
/// Threads: one at a time. No knobs.
///
///     eviction::lru policy;                                    // hears the event of {1, 2}, both are admitted
///     policy.victim(scene) == make_expert(0, 1);               // equal keys: the lower id
class lru {
 public:
  using hears = events<inventory, layer_event, admitted, evicted>;
  using takes_flats = lru;

  void on(const inventory& all) {
    space_ = all.space();
    list_ = recency_list(all);
  }
  void on(const layer_event& event) noexcept {
    const auto flat_of = space_.in(event.layer);
    list_.touch(event.layer, event.wanted.size(), [&](std::size_t i) { return flat_of(event.wanted[i].expert); }, ++now_);
  }
  void on(const layer_event& event, std::span<const std::uint32_t> flats) noexcept {
    list_.touch(event.layer, flats.size(), [&](std::size_t i) { return flats[i]; }, ++now_);
  }
  void on(const admitted& one) noexcept { list_.enter(space_.flat(one.expert), now_); }
  void on(const evicted& one) noexcept { list_.leave(space_.flat(one.expert)); }
  void on(const admitted&, std::uint32_t flat) noexcept { list_.enter(flat, now_); }
  void on(const evicted&, std::uint32_t flat) noexcept { list_.leave(flat); }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) noexcept {
    return victim_at(victim_index(scene), space_);
  }
  template <utility_scorer S>
  [[nodiscard]] std::uint32_t victim_index(const eviction_scene<S>& scene) noexcept {
    return list_.coldest(scene.candidates, scene.group);
  }
  [[nodiscard]] utility key(expert_id e) const noexcept {
    const std::uint32_t flat = space_.flat(e);
    return {static_cast<std::int64_t>(list_.linked(flat) ? list_.stamp(flat) : now_)};
  }

 private:
  expert_space space_;
  recency_list list_;
  std::uint64_t now_ = 0;  ///< events heard; the running one's number
};

static_assert(keyed_eviction_policy<lru>, "lru no longer models keyed_eviction_policy");

}  // namespace moesaic::eviction
