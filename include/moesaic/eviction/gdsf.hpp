// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/eviction_policy.hpp>

namespace moesaic::eviction {

/// Gives up the expert with the fewest uses per byte, on a clock that rises to the worth of each expert that left: for experts of
/// mixed sizes.
///
/// Source: GreedyDual-Size with Frequency (Cherkasova, HPL-98-69R1, 1998). Deviations: an event counts once; a prefetched
/// expert counts as used once until it is, or leaves; the clock hears only of those this policy named.
/// Mechanism: priority = L + uses since it came in * cost / size, set at each use; the least leaves and L rises to
/// its priority. With cost = 1 a miss counts the same whatever its size; with cost = size bytes count, and sizes cancel out
/// (LFU with dynamic ageing). cost / size is taken relative to the largest expert, in steps of 2^-16.
/// Cost: O(1) per use, admission and eviction; victim O(candidates), about 1 ns each. 24 bytes per expert of the model.
/// State and Ties: an evicted expert is forgotten. Integers only. key = priority. Equal ones: the lower id leaves.
/// Threads: one at a time.
/// Knobs: `bytes`, 0 (a miss costs 1, the default) or 1 (a miss costs its bytes).
///
///     eviction::gdsf policy;                                   // 1 and 2 were used once, 2 is twice as large
///     policy.victim(scene) == make_expert(0, 2);
struct gdsf {
  using hears = events<inventory, layer_event, admitted, evicted>;

  std::uint32_t bytes = 0;

  void on(const inventory& all) {
    state_ = {all.space(), all.group_of, std::vector<record>(all.space().size()), std::vector<std::int64_t>(all.groups)};
    const std::uint64_t largest = std::max<std::uint64_t>(all.shape.largest().count, 1);
    for (std::uint32_t flat = 0; flat < state_.records.size(); ++flat) {
      const std::uint64_t size = std::max<std::uint64_t>(all.shape.size_of(flat).count, 1);
      // Enough for sizes up to 2^24 apart; beyond that the smaller one counts as 2^24 times smaller.
      state_.records[flat].gain = bytes != 0 ? one : static_cast<std::int64_t>(std::min(largest / size, most_apart) * one + (largest % size) * one / size);
    }
  }
  void on(const layer_event& event) noexcept {
    const auto flat_of = state_.space.in(event.layer);
    for (const demand& d : event.wanted) {
      record& r = state_.records[flat_of(d.expert)];
      if (!r.resident) continue;
      r.uses += r.uses < most_uses && !r.promised ? 1 : 0;
      r.promised = false;
      r.priority = worth(r, state_.group_of[flat_of(d.expert)]);
    }
  }
  void on(const admitted& one_more) noexcept {
    const std::uint32_t flat = state_.space.flat(one_more.expert);
    record& r = state_.records[flat];
    r.uses = 1;
    r.promised = one_more.why == cause::prefetch;
    r.resident = true;
    r.named = false;
    r.priority = worth(r, state_.group_of[flat]);
  }
  void on(const evicted& one_less) noexcept {
    const std::uint32_t flat = state_.space.flat(one_less.expert);
    record& r = state_.records[flat];
    std::int64_t& clock = state_.clocks[state_.group_of[flat]];
    if (r.resident && r.named) clock = std::max(clock, r.priority);
    r.resident = false;
  }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) noexcept {
    std::optional<std::uint32_t> least;
    for (const std::uint32_t flat : scene.candidates.members()) {
      const std::int64_t its = state_.records[flat].priority;
      if (least && (its > state_.records[*least].priority || (its == state_.records[*least].priority && flat > *least))) continue;
      if (scene.candidates.contains(flat)) least = flat;
    }
    if (!least) return std::nullopt;
    state_.records[*least].named = true;
    return state_.space.id(*least);
  }
  [[nodiscard]] utility key(expert_id e) const noexcept {
    const std::uint32_t flat = state_.space.flat(e);
    const record& r = state_.records[flat];
    return {r.resident ? r.priority : worth({r.gain, 0, 1}, state_.group_of[flat])};
  }

  static constexpr std::int64_t one = std::int64_t{1} << 16U;
  static constexpr std::uint64_t most_apart = std::uint64_t{1} << 24U;
  static constexpr std::uint32_t most_uses = 1U << 16U;
  struct record {
    std::int64_t gain = 0;      ///< what one use adds
    std::int64_t priority = 0;
    std::uint32_t uses = 0;     ///< since it came in
    bool resident = false;
    bool promised = false;      ///< prefetched, and not used yet
    bool named = false;         ///< was answered since it entered: who leaves without was not chosen here
  };
  struct memory {
    expert_space space;
    std::span<const std::uint16_t> group_of;
    std::vector<record> records;
    std::vector<std::int64_t> clocks;  ///< L, by group
  };
  memory state_{};  ///< not a knob; public only so that the knob can be named where a bundle is written

 private:
  [[nodiscard]] std::int64_t worth(const record& r, std::uint16_t group) const noexcept {
    constexpr std::int64_t most = std::int64_t{1} << 62U;
    return std::min(most, state_.clocks[group] + r.uses * r.gain);  // at most 2^57 above a clock of at most 2^62
  }
};

static_assert(keyed_eviction_policy<gdsf>, "gdsf no longer models keyed_eviction_policy");

}  // namespace moesaic::eviction
