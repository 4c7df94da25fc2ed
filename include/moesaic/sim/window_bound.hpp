// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/hears.hpp>

namespace moesaic::sim {

/// One thing that happened to a cache, as a window of the past is kept.
struct past_record {
  enum class kind : std::uint8_t { step, event, wanted, demanded, fetched_ahead, left };
  std::uint32_t flat = 0;  ///< of the expert; nothing for a step or an event, whose wanted follow it
  kind what{};
};

/// How an expert stood before a window began.
enum class standing : std::uint8_t { absent, resident, unused };  ///< unused: fetched ahead and not wanted since

/// What a stretch of the past cost, and what it had to cost.
struct window_counts {
  std::uint64_t steps = 0;
  std::uint64_t events = 0;
  std::uint64_t accesses = 0;
  std::uint64_t misses = 0;  ///< wanted and absent when their event began, or fetched ahead for it: what had to travel
  std::uint64_t ahead = 0;   ///< of these, fetched ahead
  std::uint64_t bound = 0;   ///< misses of the clairvoyant policy over the same events, from the same contents

  /// (misses - bound) / misses, 0 without misses. Negative where the clairvoyant one had to admit by a stricter rule.
  [[nodiscard]] double regret() const noexcept {
    return misses == 0 ? 0 : (static_cast<double>(misses) - static_cast<double>(bound)) / static_cast<double>(misses);
  }
  friend bool operator==(const window_counts&, const window_counts&) = default;
};

/// Whether the clairvoyant policy has to keep what it misses (forced), or may let it pass (optional: the least possible).
enum class bound_rule : std::uint8_t { forced, optional };

/// Replays a stretch of the past with whom the future is known for: whose next use in the stretch lies furthest ahead leaves,
/// never again first of all, of equals the lower id; as eviction::belady under the counting rules of this library's replay.
///
/// Source: ours; Belady 1966 on whole event sets.
/// Mechanism: a group has the room that it was seen to fill in the stretch: where less was filled than there is, nobody had to
/// leave, and more room would change nothing. Room is counted in experts; with sizes that differ the bound is approximate.
/// Cost: O(records + experts of the model + misses x residents of the group). 15 bytes per expert and 4 per record, allocated
/// at construction. State: scratch only. Ties: above. Threads: one at a time.
class window_bound {
 public:
  window_bound() = default;
  window_bound(const inventory& all, std::size_t most_records)
      : group_of_(all.group_of.begin(), all.group_of.end()),
        next_(most_records),
        upcoming_(all.space().size()),
        place_(all.space().size()),
        standing_(all.space().size()),
        members_(all.space().size()),
        pools_(all.groups) {
    for (std::uint32_t f = 0; f < place_.size(); ++f) ++pools_[group(f)].begin;
    std::uint32_t begin = 0;
    for (pool& p : pools_) begin += std::exchange(p.begin, begin);
  }

  /// `past` starts with a step and is at most as long as promised; `before`: by flat index, when it began.
  [[nodiscard]] window_counts measure(std::span<const past_record> past, std::span<const standing> before, bound_rule rule) noexcept {
    window_counts counts;
    count_what_was(past, before, counts);
    look_ahead(past);
    for (pool& p : pools_) p.used = 0;
    for (std::uint32_t f = 0; f < before.size(); ++f) {
      standing_[f] = standing::absent;
      if (before[f] != standing::absent) enter(f);
    }
    for (std::size_t at = 0; at < past.size(); ++at)
      if (past[at].what == past_record::kind::event) counts.bound += serve(past, at, rule);
    return counts;
  }

 private:
  static constexpr std::uint32_t never = 0xFFFF'FFFF;
  using kind = past_record::kind;
  static constexpr standing in_running_event = standing::unused;  ///< while Belady plays
  struct pool {
    std::uint32_t begin = 0;  ///< of its members
    std::uint32_t used = 0;
    std::uint32_t room = 0;
  };
  [[nodiscard]] std::uint16_t group(std::uint32_t flat) const noexcept { return group_of_.empty() ? std::uint16_t{} : group_of_[flat]; }

  void count_what_was(std::span<const past_record> past, std::span<const standing> before, window_counts& counts) noexcept {
    for (pool& p : pools_) p.used = p.room = 0;
    std::copy(before.begin(), before.end(), standing_.begin());
    // Who was unused before the window came at the cost of an earlier one.
    for (std::uint32_t f = 0; f < before.size(); ++f)
      if (before[f] != standing::absent) {
        standing_[f] = standing::resident;
        pools_[group(f)].room = ++pools_[group(f)].used;
      }
    for (const past_record& r : past) {
      counts.steps += r.what == kind::step;
      counts.events += r.what == kind::event;
      if (r.what == kind::step || r.what == kind::event) continue;
      standing& its = standing_[r.flat];
      pool& p = pools_[group(r.flat)];
      if (r.what == kind::wanted) {
        ++counts.accesses;
        counts.misses += its != standing::resident;
        counts.ahead += its == standing::unused;
        if (its == standing::unused) its = standing::resident;
      } else if (r.what == kind::left) {
        p.used -= its != standing::absent;
        its = standing::absent;
      } else {
        if (its == standing::absent) p.room = std::max(p.room, ++p.used);
        its = r.what == kind::demanded ? standing::resident : standing::unused;
      }
    }
  }

  /// next_[i]: record of the next event that wants the expert of record i; upcoming_: of the first event that wants it.
  void look_ahead(std::span<const past_record> past) noexcept {
    std::fill(upcoming_.begin(), upcoming_.end(), never);
    for (std::size_t at = past.size(); at-- > 0;) {
      if (past[at].what == kind::wanted) next_[at] = upcoming_[past[at].flat];
      if (past[at].what != kind::event) continue;
      for (const past_record& r : wanted_by(past, at)) upcoming_[r.flat] = static_cast<std::uint32_t>(at);
    }
  }

  /// The event at `at`; how many of its set are missing.
  [[nodiscard]] std::uint64_t serve(std::span<const past_record> past, std::size_t at, bound_rule rule) noexcept {
    const auto set = wanted_by(past, at);
    std::uint64_t missing = 0;
    for (std::size_t i = 0; i < set.size(); ++i) upcoming_[set[i].flat] = next_[at + 1 + i];
    for (const past_record& r : set) {
      missing += standing_[r.flat] == standing::absent;
      if (standing_[r.flat] != standing::absent) standing_[r.flat] = in_running_event;
    }
    for (const past_record& r : set)
      if (standing_[r.flat] == standing::absent) admit(r.flat, rule);
    release(set);
    return missing;
  }
  void release(std::span<const past_record> set) noexcept {
    for (const past_record& r : set)
      if (standing_[r.flat] == in_running_event) standing_[r.flat] = standing::resident;
  }
  [[nodiscard]] static std::span<const past_record> wanted_by(std::span<const past_record> past, std::size_t at) noexcept {
    std::size_t end = at + 1;
    while (end < past.size() && past[end].what == kind::wanted) ++end;
    return past.subspan(at + 1, end - at - 1);
  }

  void admit(std::uint32_t flat, bound_rule rule) noexcept {
    pool& p = pools_[group(flat)];
    if (p.used == p.room) {
      std::uint32_t victim = rule == bound_rule::optional ? flat : never;
      for (const std::uint32_t f : std::span(members_).subspan(p.begin, p.used)) {
        if (rule == bound_rule::forced && standing_[f] == in_running_event) continue;
        if (victim == never || upcoming_[f] > upcoming_[victim] || (upcoming_[f] == upcoming_[victim] && f < victim)) victim = f;
      }
      if (victim == never || victim == flat) return;
      leave(victim);
    }
    enter(flat);
    standing_[flat] = in_running_event;
  }
  void enter(std::uint32_t flat) noexcept {
    pool& p = pools_[group(flat)];
    place_[flat] = p.begin + p.used++;
    members_[place_[flat]] = flat;
    standing_[flat] = standing::resident;
  }
  void leave(std::uint32_t flat) noexcept {
    pool& p = pools_[group(flat)];
    const std::uint32_t last = members_[p.begin + --p.used];
    members_[place_[flat]] = last;
    place_[last] = place_[flat];
    standing_[flat] = standing::absent;
  }

  std::vector<std::uint16_t> group_of_;
  std::vector<std::uint32_t> next_;
  std::vector<std::uint32_t> upcoming_;
  std::vector<std::uint32_t> place_;
  std::vector<standing> standing_;
  std::vector<std::uint32_t> members_;
  std::vector<pool> pools_;
};

}  // namespace moesaic::sim
