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

/// Tries newcomers in a small queue, keeps those that were used again in a large one, and remembers those that left too early.
///
/// Source: S3-FIFO (Yang et al., SOSP 2023), on whole event sets. Deviations: capacity is what the group holds when room is
/// sought, in experts whatever their sizes; the small queue has an absolute minimum; experts that may not leave are passed over
/// where they stand; the use that brings an expert in, be it the first after a prefetch, counts nothing yet; a prefetch of a
/// remembered expert enters the large queue.
/// Mechanism: newcomers enter the small queue, remembered ones the large. Uses count up to 3. While the small queue has its share
/// or more, its oldest leaves; if that was used `promote` times or more it moves to the large queue with its count at 0, and the
/// next is looked at. Else the oldest of the large queue leaves; if it was used it goes round again, its count one less. Who
/// leaves the small queue is remembered, as many as nine tenths of the residents. Queues move when the victim has left, not
/// when it is named; who leaves unasked moves nobody.
/// Cost: O(1) per use and admission; victim O(1 + residents it passes over), paid by uses and by those who may not leave; where
/// all of the large queue were used, it is walked once. 28 bytes per expert of the model.
/// State and Ties: no ties: of one event, misses enter in ascending id. Where several victims are needed for one newcomer, each
/// is chosen as if it were the first.
/// Threads: one at a time.
/// Knobs: `small`, per cent of the residents, default 10, 1 to 90; `least`, experts the small queue has at the least, default 1
/// (10 % of 8 slots would be none); `promote`, default 2, 1 to 3.
///
///     eviction::s3_fifo policy;                                // 1 and 2 entered in this order; 1 was used twice again
///     policy.victim(scene) == make_expert(0, 2);
struct s3_fifo {
  using hears = events<inventory, layer_event, admitted, evicted>;

  std::uint32_t small = 10;
  std::uint32_t least = 1;
  std::uint32_t promote = 2;

  void on(const inventory& all) { state_ = {all.space(), all.group_of, queue_set(all, 3), std::vector<note>(all.space().size()), 0}; }
  void on(const layer_event& event) noexcept {
    ++state_.now;
    const auto flat_of = state_.space.in(event.layer);
    for (const demand& d : event.wanted) {
      const std::uint32_t flat = flat_of(d.expert), queue = state_.queues.queue_of(flat);
      if (queue == queue_set::nowhere) continue;
      note& n = state_.notes[flat];
      if (queue % 3 == ghosts) {
        state_.queues.remove(flat);
        n.found_at = state_.now;
      } else if (n.promised) {
        n.promised = false;
      } else if (n.uses < 3) {
        ++n.uses;
      }
    }
  }
  void on(const admitted& one) noexcept {
    const std::uint32_t flat = state_.space.flat(one.expert);
    note& n = state_.notes[flat];
    const bool known = state_.queues.queue_of(flat) != queue_set::nowhere || (state_.now != 0 && n.found_at == state_.now);
    n = {n.found_at, 0, one.why == cause::prefetch, false};
    state_.queues.append(flat, first_of(flat) + (known ? large_queue : small_queue));
  }
  void on(const evicted& one) noexcept {
    const std::uint32_t flat = state_.space.flat(one.expert), queue = state_.queues.queue_of(flat);
    if (queue == queue_set::nowhere) return;
    const note its = state_.notes[flat];
    const std::uint32_t first = first_of(flat), residents = held(first);
    if (its.named) walk_to(flat, first);
    if (state_.queues.queue_of(flat) == first + small_queue && !its.promised) {
      state_.queues.append(flat, first + ghosts);
      const std::uint32_t most = std::max(residents * 9 / 10, 1U);
      while (state_.queues.size(first + ghosts) > most) state_.queues.remove(state_.queues.hotter(state_.queues.end(first + ghosts)));
    } else {
      state_.queues.remove(flat);
    }
  }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) noexcept {
    const std::uint32_t first = 3U * scene.group;
    const tried by_small = try_small(scene.candidates, first + small_queue);
    std::uint32_t found = by_small.leaves;
    if (found == queue_set::nowhere || !small_gives(first)) {
      const std::uint32_t by_large = least_used(scene.candidates, first + large_queue);
      if (found == queue_set::nowhere) found = by_small.moves;
      if (by_large != queue_set::nowhere && (found == queue_set::nowhere || !small_gives(first) || state_.notes[by_large].uses == 0)) found = by_large;
    }
    if (found != queue_set::nowhere) state_.notes[found].named = true;
    return queue_set::answer(scene.candidates, found);
  }

  static constexpr std::uint32_t small_queue = 0, large_queue = 1, ghosts = 2;  ///< queue numbers inside a group
  struct note {
    std::uint64_t found_at = 0;  ///< event that missed it while it was remembered
    std::uint8_t uses = 0;
    bool promised = false;       ///< prefetched, and not used yet
    bool named = false;          ///< was answered since it entered: who leaves without was not chosen here
  };
  struct memory {
    expert_space space;
    std::span<const std::uint16_t> group_of;
    queue_set queues;
    std::vector<note> notes;
    std::uint64_t now = 0;  ///< events heard; the running one's number
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  [[nodiscard]] std::uint32_t first_of(std::uint32_t flat) const noexcept { return 3U * state_.group_of[flat]; }
  [[nodiscard]] std::uint32_t held(std::uint32_t first) const noexcept {
    return state_.queues.size(first + small_queue) + state_.queues.size(first + large_queue);
  }
  [[nodiscard]] bool small_gives(std::uint32_t first) const noexcept {
    const std::uint32_t share = std::max(held(first) * std::clamp(small, 1U, 90U) / 100, std::max(least, 1U));
    return state_.queues.size(first + small_queue) >= share || state_.queues.size(first + large_queue) == 0;
  }
  struct tried {
    std::uint32_t leaves = queue_set::nowhere;  ///< the oldest with few uses
    std::uint32_t moves = queue_set::nowhere;   ///< the oldest with many
  };
  [[nodiscard]] tried try_small(const candidate_view& candidates, std::uint32_t queue) const noexcept {
    tried found;
    for (std::uint32_t at = state_.queues.hotter(state_.queues.end(queue)); at != state_.queues.end(queue); at = state_.queues.hotter(at)) {
      if (!candidates.contains(at)) continue;
      if (state_.notes[at].uses < promote) {
        found.leaves = at;
        break;
      }
      if (found.moves == queue_set::nowhere) found.moves = at;
    }
    return found;
  }
  /// The one whose count is used up first when the queue goes round: the fewest uses, of those the oldest.
  [[nodiscard]] std::uint32_t least_used(const candidate_view& candidates, std::uint32_t queue) const noexcept {
    std::uint32_t found = queue_set::nowhere;
    for (std::uint32_t at = state_.queues.hotter(state_.queues.end(queue)); at != state_.queues.end(queue); at = state_.queues.hotter(at)) {
      if (!candidates.contains(at) || (found != queue_set::nowhere && state_.notes[at].uses >= state_.notes[found].uses)) continue;
      found = at;
      if (state_.notes[at].uses == 0) break;
    }
    return found;
  }
  /// Moves the queues as they move on the way to the one that leaves.
  void walk_to(std::uint32_t leaving, std::uint32_t first) noexcept {
    if (small_gives(first) || state_.queues.queue_of(leaving) == first + small_queue) promote_until(leaving, first);
    if (state_.queues.queue_of(leaving) == first + large_queue) go_round_until(leaving, first + large_queue);
  }
  void promote_until(std::uint32_t leaving, std::uint32_t first) noexcept {
    const std::uint32_t end = state_.queues.end(first + small_queue);
    for (std::uint32_t at = state_.queues.hotter(end); at != end;) {
      const std::uint32_t next = state_.queues.hotter(at);
      if (at == leaving && state_.notes[at].uses < promote) return;
      if (state_.notes[at].uses >= promote) {
        state_.queues.append(at, first + large_queue);
        state_.notes[at].uses = 0;
      }
      at = next;
    }
  }
  /// Those before the leaving one go round once more often than those behind it.
  void go_round_until(std::uint32_t leaving, std::uint32_t queue) noexcept {
    const std::uint8_t rounds = state_.notes[leaving].uses;
    const auto lose = [&](std::uint32_t at, std::uint32_t n) {
      std::uint8_t& uses = state_.notes[at].uses;
      uses = static_cast<std::uint8_t>(uses > n ? uses - n : 0);
    };
    const std::uint32_t end = state_.queues.end(queue);
    for (std::uint32_t at = state_.queues.hotter(end); at != leaving; at = state_.queues.hotter(at)) lose(at, rounds + 1U);
    if (rounds > 0)
      for (std::uint32_t at = state_.queues.hotter(leaving); at != end; at = state_.queues.hotter(at)) lose(at, rounds);
    state_.queues.turn(leaving, queue);
  }
};

static_assert(eviction_policy<s3_fifo>, "s3_fifo no longer models eviction_policy");

}  // namespace moesaic::eviction
