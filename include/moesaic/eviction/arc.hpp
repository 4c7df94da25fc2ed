// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/eviction/queue_set.hpp>

namespace moesaic::eviction {

/// Keeps what was used once and what was used again in two queues, and lets those that come back too late say which of the two
/// should have had more room.
///
/// Source: ARC (Megiddo and Modha, FAST 2003), on whole event sets. Deviations: all experts that an event misses and that are
/// remembered move the target before the first of them takes room; capacity is what the group holds just now, in experts
/// whatever their sizes; where the right queue has nobody who may leave, the other gives; a prefetch is no use: it enters the
/// first queue (the second if it is remembered), moves no target, and is forgotten if it leaves unused.
/// Mechanism: T1 (used once) and T2 (again), coldest first out; B1 and B2 remember as many of those that left. A miss found in
/// B1 raises T1's target by max(|B2|/|B1|, 1), one found in B2 lowers it by max(|B1|/|B2|, 1), and both enter T2. T1 gives while
/// it is above its target, or at it where the newcomer was found in B2.
/// Cost: O(1) per use, admission, eviction and victim, which passes over residents that may not leave. 28 bytes per expert of
/// the model.
/// State and Ties: the remembered ones of a group are at most as many as its residents. The target is kept in steps of 2^-32 and
/// compared in steps of 2^-16. No ties: of one event, hits move in ascending id, then misses enter in ascending id.
/// Threads: one at a time. No knobs.
///
///     eviction::arc policy;                                    // 1 was used twice, 2 and 3 once
///     policy.victim(scene) == make_expert(0, 2);
class arc {
 public:
  using hears = events<inventory, layer_event, admitted, evicted>;

  void on(const inventory& all) {
    space_ = all.space();
    group_of_ = all.group_of;
    queues_ = queue_set(all, 4);
    notes_.assign(space_.size(), {});
    targets_.assign(all.groups, 0);
  }
  void on(const layer_event& event) noexcept {
    ++now_;
    const auto flat_of = space_.in(event.layer);
    for (const demand& d : event.wanted) {
      const std::uint32_t flat = flat_of(d.expert), queue = queues_.queue_of(flat);
      if (queue == queue_set::nowhere) continue;
      const std::uint32_t first = 4U * group_of_[flat], which = queue - first;
      note& n = notes_[flat];
      if (which >= b1) {
        adapt(first, which);
        queues_.remove(flat);
        n = {now_, which == b2, false};
      } else {
        queues_.append(flat, first + (which == t1 && n.promised ? t1 : t2));
        n.promised = false;
      }
    }
  }
  void on(const admitted& one) noexcept {
    const std::uint32_t flat = space_.flat(one.expert), first = 4U * group_of_[flat];
    note& n = notes_[flat];
    const bool known = queues_.queue_of(flat) != queue_set::nowhere || (now_ != 0 && n.found_at == now_);
    n.promised = one.why == cause::prefetch;
    queues_.append(flat, first + (known ? t2 : t1));
    const std::uint32_t room = held(first);
    while (queues_.size(first + b1) != 0 && queues_.size(first + t1) + queues_.size(first + b1) > room) drop(first + b1);
    while (queues_.size(first + b2) != 0 && room + queues_.size(first + b1) + queues_.size(first + b2) > 2 * room) drop(first + b2);
  }
  void on(const evicted& one) noexcept {
    const std::uint32_t flat = space_.flat(one.expert), queue = queues_.queue_of(flat);
    if (queue == queue_set::nowhere) return;
    const bool again = queue % 4 == t2;
    if (notes_[flat].promised && !again)
      queues_.remove(flat);
    else
      queues_.append(flat, 4U * group_of_[flat] + (again ? b2 : b1));
  }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    const std::uint32_t first = 4U * scene.group;
    const std::uint64_t size = std::uint64_t{queues_.size(first + t1)} << 16U, target = (targets_[scene.group] + 0x8000U) >> 16U;
    const note& its = notes_[space_.flat(scene.newcomer)];
    const bool found_in_b2 = now_ != 0 && its.found_at == now_ && its.found_in_b2;
    const bool from_t1 = size > target || (size == target && found_in_b2);
    std::uint32_t found = queues_.coldest(scene.candidates, first + (from_t1 ? t1 : t2));
    if (found == queue_set::nowhere) found = queues_.coldest(scene.candidates, first + (from_t1 ? t2 : t1));
    return queue_set::answer(scene.candidates, found);
  }

 private:
  static constexpr std::uint32_t t1 = 0, t2 = 1, b1 = 2, b2 = 3;  ///< queue numbers inside a group
  struct note {
    std::uint64_t found_at = 0;  ///< event that missed it while it was remembered
    bool found_in_b2 = false;
    bool promised = false;       ///< prefetched, and not used yet
  };

  [[nodiscard]] std::uint32_t held(std::uint32_t first) const noexcept { return queues_.size(first + t1) + queues_.size(first + t2); }
  void drop(std::uint32_t queue) noexcept { queues_.remove(queues_.hotter(queues_.end(queue))); }
  void adapt(std::uint32_t first, std::uint32_t found_in) noexcept {
    std::uint64_t& target = targets_[first / 4];
    const std::uint64_t own = queues_.size(first + found_in), other = queues_.size(first + (found_in == b1 ? b2 : b1));
    const std::uint64_t step = std::max(((other << 32U) + own / 2) / own, std::uint64_t{1} << 32U);
    if (found_in == b1)
      target = std::min(target + step, std::uint64_t{held(first)} << 32U);
    else
      target -= std::min(target, step);
  }

  expert_space space_;
  std::span<const std::uint16_t> group_of_;
  queue_set queues_;
  std::vector<note> notes_;
  std::vector<std::uint64_t> targets_;  ///< of T1, by group, in 2^-32
  std::uint64_t now_ = 0;               ///< events heard; the running one's number
};

static_assert(eviction_policy<arc>, "arc no longer models eviction_policy");

}  // namespace moesaic::eviction
