// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/concepts/eviction_policy.hpp>

namespace moesaic::eviction {

/// Least recently used, where within one event the router's order counts: what it named later was used later.
///
/// Source: engines that touch experts one by one in the order the router gave (ours as an event-atomic policy); differs from
/// lru by up to half a point of hit ratio on recorded routing.
/// Mechanism: key = (number of the last event that used the expert, place of its last mention among that event's routes).
/// Without routes the places are those of ascending ids. A prefetched expert enters as mentioned first in the event that runs.
/// Cost: O(routes) per event, O(residents of the group) per victim. 9 bytes per expert of the model.
/// State and Ties: a resident's last use; the evicted keep theirs until they are used again. No two experts of one event
/// share a place unless they were prefetched; then the lower id leaves first.
/// Threads: one at a time. No knobs.
///
///     eviction::lru_by_rank policy;                            // one event, the router's order is 7, 3
///     policy.victim(scene) == make_expert(0, 7);               // lru would give up 3
class lru_by_rank {
 public:
  using hears = events<inventory, layer_event, admitted, evicted>;

  void on(const inventory& all) {
    space_ = all.space();
    stamps_.assign(space_.size(), 0);
    resident_.assign(space_.size(), 0);
  }
  void on(const layer_event& event) noexcept {
    now_ += most_places;
    std::uint64_t place = now_;
    for (const demand& d : event.wanted) stamps_[space_.flat(event.layer, d.expert)] = ++place;
    for (const expert_index e : event.routes)  // what was not routed stands above all experts
      if (e <= event.wanted.back().expert) stamps_[space_.flat(event.layer, e)] = ++place;
  }
  void on(const admitted& one) noexcept {
    const std::uint32_t flat = space_.flat(one.expert);
    stamps_[flat] = entering(flat);
    resident_[flat] = 1;
  }
  void on(const evicted& one) noexcept { resident_[space_.flat(one.expert)] = 0; }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    std::optional<std::uint32_t> coldest;
    for (const std::uint32_t flat : scene.candidates.members()) {
      if (coldest && (stamps_[flat] > stamps_[*coldest] || (stamps_[flat] == stamps_[*coldest] && flat > *coldest))) continue;
      if (scene.candidates.contains(flat)) coldest = flat;
    }
    if (!coldest) return std::nullopt;
    return space_.id(*coldest);
  }
  [[nodiscard]] utility key(expert_id e) const noexcept {
    const std::uint32_t flat = space_.flat(e);
    return {static_cast<std::int64_t>(resident_[flat] != 0 ? stamps_[flat] : entering(flat))};
  }

 private:
  /// What an absent expert counts as: used in the running event, in the place it was mentioned or else before all others.
  [[nodiscard]] std::uint64_t entering(std::uint32_t flat) const noexcept { return std::max(stamps_[flat], now_); }

  /// More than one event can mention: 65,535 tokens with 65,535 routes each would need 2^32, so 2^31 events fit as well.
  static constexpr std::uint64_t most_places = std::uint64_t{1} << 32U;

  expert_space space_;
  std::vector<std::uint64_t> stamps_;
  std::vector<std::uint8_t> resident_;
  std::uint64_t now_ = 0;
};

static_assert(keyed_eviction_policy<lru_by_rank>, "lru_by_rank no longer models keyed_eviction_policy");

}  // namespace moesaic::eviction
