// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/successor_table.hpp>

namespace moesaic::eviction {

/// Gives up the expert that is least likely to be wanted soon: its decayed use count, weighted by how well it follows what its
/// layer wanted last.
///
/// Source: ours; the count is LRFU's.
/// Mechanism: key = 2 log2 F + evidence. F is lrfu's count of the same half-life (eviction/lrfu.hpp, promises to prefetched
/// experts included). Evidence says how often the expert followed the experts of the layer's last event, against how often
/// it is used at all (eviction/successor_table.hpp). By both: F · lift² · √A, A the rate at which it follows.
/// Cost: use O(experts of the event x experts of the layer); admission and eviction O(1); victim O(candidates), and O(experts of
/// the layer's last event) once for each candidate whose layer has run since it was last looked at. 4 bytes x layers x experts
/// of a layer squared, and 80 bytes per expert of the model.
/// State and Ties: counts and pairs survive eviction, and are the same on every platform. Equal keys: the lower id leaves.
/// Threads: one at a time.
/// Knobs: `half_life` of F, tokens, default 32, 1 to 65,536 (what is outside counts as the nearer end).
///
///     eviction::successor policy;                 // ten rounds of {0}, {1}, {3}, {2}, then {0}; 1 and 2 are resident
///     policy.victim(scene) == make_expert(0, 2);  // used as often as 1 and later, but 1 comes next
struct successor {
  using hears = events<inventory, layer_event, admitted, evicted>;

  std::uint32_t half_life = 32;

  void on(const inventory& all) {
    state_ = {all.space(), {.half_life = half_life}, successor_table(all), std::vector<memory::seen>(all.space().size())};
    state_.counts.on(all);
  }
  void on(const layer_event& event) noexcept {
    state_.counts.on(event);
    state_.pairs.observe(event);
  }
  void on(const admitted& one) noexcept { state_.counts.on(one); }
  void on(const evicted& one) noexcept { state_.counts.on(one); }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) noexcept {
    return victim_at(victim_index(scene), state_.space);
  }
  template <utility_scorer S>
  [[nodiscard]] std::uint32_t victim_index(const eviction_scene<S>& scene) noexcept {
    std::int64_t least = 0;
    std::uint32_t found = no_victim;
    for (const std::uint32_t flat : scene.candidates.members()) {
      if (!scene.candidates.contains(flat)) continue;
      const expert_id e = state_.space.id(flat);
      const std::int64_t its = count_of(e) + remembered(flat, e);
      if (found != no_victim && (its > least || (its == least && flat > found))) continue;
      least = its;
      found = flat;
    }
    return found;
  }
  [[nodiscard]] utility key(expert_id e) const noexcept { return {count_of(e) + state_.pairs.evidence(e)}; }

  struct memory {
    /// Evidence as it was computed last, and when.
    struct seen {
      std::int64_t evidence = 0;
      std::uint32_t version = 0;
    };
    expert_space space;
    lrfu counts;
    successor_table pairs;
    std::vector<seen> evidence;
  };
  memory state_{};  ///< not a knob; public only so that the knob can be named where a bundle is written

 private:
  /// 2 log2 F in 2^-24: lrfu's key is log2 F in 2^-40, straight between powers of two.
  [[nodiscard]] std::int64_t count_of(expert_id e) const noexcept { return state_.counts.key(e).count >> 15U; }
  [[nodiscard]] std::int64_t remembered(std::uint32_t flat, expert_id e) noexcept {
    memory::seen& its = state_.evidence[flat];
    const std::uint32_t version = state_.pairs.version(number(e.layer));
    if (its.version != version) its = {state_.pairs.evidence(e), version};
    return its.evidence;
  }
};

static_assert(keyed_eviction_policy<successor>, "successor no longer models keyed_eviction_policy");

}  // namespace moesaic::eviction
