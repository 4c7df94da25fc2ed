// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/eviction/queue_set.hpp>

namespace moesaic::eviction {

/// Gives up the first expert that was not used since a hand last passed it; the hand goes from old to new, and nobody moves.
///
/// Source: SIEVE (Zhang et al., NSDI 2024), on whole event sets. Deviations: experts that may not leave are passed like used
/// ones; the use that brings an expert in, be it the first after a prefetch, is not yet a use again.
/// Mechanism: one queue in order of entry; a use marks. The hand walks from where it stopped towards the newest, takes the marks
/// of those it passes and stops at the first one without; behind the newest comes the oldest. The hand moves when the victim has
/// left, not when it is named, so that a question changes nothing; who leaves unasked leaves the hand alone.
/// Cost: O(1) per use and admission; victim and its eviction O(1 + marks the hand takes + residents that may not leave): each
/// mark is paid by a use. 13 bytes per expert of the model.
/// State and Ties: an evicted expert is forgotten. No ties: of one event, misses enter in ascending id.
/// Threads: one at a time. No knobs.
///
///     eviction::sieve policy;                                  // 1, 2, 3 entered in this order; 1 was used again
///     policy.victim(scene) == make_expert(0, 2);
class sieve {
 public:
  using hears = events<inventory, layer_event, admitted, evicted>;

  void on(const inventory& all) {
    space_ = all.space();
    group_of_ = all.group_of;
    queue_ = queue_set(all, 1);
    marks_.assign(space_.size(), 0);
    hands_.resize(all.groups);
    for (std::uint32_t g = 0; g < all.groups; ++g) hands_[g] = queue_.end(g);
  }
  void on(const layer_event& event) noexcept {
    const auto flat_of = space_.in(event.layer);
    for (const demand& d : event.wanted) {
      std::uint8_t& m = marks_[flat_of(d.expert)];
      m = static_cast<std::uint8_t>((m & promised) != 0 ? m & ~promised : m | used);
    }
  }
  void on(const admitted& one) noexcept {
    const std::uint32_t flat = space_.flat(one.expert);
    queue_.append(flat, group_of_[flat]);
    marks_[flat] = one.why == cause::prefetch ? promised : std::uint8_t{};
  }
  void on(const evicted& one) noexcept {
    const std::uint32_t flat = space_.flat(one.expert);
    std::uint32_t& hand = hands_[group_of_[flat]];
    if ((marks_[flat] & named) != 0) sweep(hand, flat);
    if (hand == flat) hand = queue_.hotter(flat);
    queue_.remove(flat);
    marks_[flat] = 0;
  }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) noexcept {
    const std::uint32_t end = queue_.end(scene.group), hand = hands_[scene.group];
    std::uint32_t found = queue_set::nowhere, at = hand;
    do {
      if (at != end && scene.candidates.contains(at)) {
        if ((marks_[at] & used) == 0) {
          found = at;
          break;
        }
        if (found == queue_set::nowhere) found = at;  // the hand's choice in its second round, if all have marks
      }
      at = queue_.hotter(at);
    } while (at != hand);
    if (found != queue_set::nowhere) marks_[found] |= named;
    return queue_set::answer(scene.candidates, found);
  }

 private:
  static constexpr std::uint8_t used = 1;
  static constexpr std::uint8_t promised = 2;  ///< prefetched, and not used yet
  static constexpr std::uint8_t named = 4;     ///< was answered since it entered: who leaves without was not chosen here

  /// Takes the marks between the hand and its choice; all of them if the choice had one itself.
  void sweep(std::uint32_t& hand, std::uint32_t chosen) noexcept {
    const std::uint32_t end = queue_.end(group_of_[chosen]);
    const bool all = (marks_[chosen] & used) != 0;
    std::uint32_t at = hand;
    do {
      if (!all && at == chosen) break;
      if (at != end) marks_[at] &= static_cast<std::uint8_t>(~used);
      at = queue_.hotter(at);
    } while (at != hand);
    hand = chosen;
  }

  expert_space space_;
  std::span<const std::uint16_t> group_of_;
  queue_set queue_;
  std::vector<std::uint8_t> marks_;
  std::vector<std::uint32_t> hands_;  ///< by group: where the next walk starts; a queue's end: at the oldest
};

static_assert(eviction_policy<sieve>, "sieve no longer models eviction_policy");

}  // namespace moesaic::eviction
