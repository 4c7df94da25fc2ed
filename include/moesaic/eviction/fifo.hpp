// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/eviction/recency_list.hpp>

namespace moesaic::eviction {

/// Gives up the expert that has been resident longest, however often it was used meanwhile.
///
/// Source: textbook; order and ties by the counting rules of this library.
/// Mechanism: key = number of the event with which the expert entered; a prefetched one enters with the event that runs or
/// ran last.
/// Cost: O(1) per admission, eviction and victim, flat in the number of slots; uses cost nothing. Victim passes over
/// residents that may not leave. 17 bytes per expert of the model.
/// State and Ties: an evicted expert is forgotten. Of those that entered together the lower id leaves first.
/// Threads: one at a time. No knobs.
///
///     eviction::fifo policy;                                   // 1 entered with the first event, 2 with the second
///     policy.victim(scene) == make_expert(0, 1);               // even if the third event used 1
class fifo {
 public:
  using hears = events<inventory, layer_event, admitted, evicted>;
  using takes_flats = fifo;

  void on(const inventory& all) {
    space_ = all.space();
    list_ = recency_list(all);
  }
  void on(const layer_event&) noexcept { ++now_; }
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

static_assert(keyed_eviction_policy<fifo>, "fifo no longer models keyed_eviction_policy");

}  // namespace moesaic::eviction
