// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/concepts/hears.hpp>
#include <moesaic/concepts/scene.hpp>

namespace moesaic::eviction {

/// Several queues for each eviction group, as linked lists that live in one array: residents, and the ghosts of those that
/// left. An expert stands in one queue or in none.
///
/// Source: the textbook list. recency_list keeps one list in the order (stamp, id); here order is that of arrival.
///
///     cold end                          hot end
///     end <-> 7 <-> 2 <-> 5 <-> 9 <-> end          `end(queue)` closes the ring, so walks need no special case
///
/// Cost: every call O(1) but `coldest`, which passes over residents that may not leave. 12 bytes per expert of the model and
/// 16 per queue, no matter how many are resident.
/// Ties: none; who is appended later stands nearer to the hot end. One thread at a time.
class queue_set {
 public:
  static constexpr std::uint32_t nowhere = 0xFFFF'FFFF;

  queue_set() = default;
  queue_set(const inventory& all, std::uint32_t queues_per_group)
      : nodes_(std::size_t{all.space().size()} + std::size_t{all.groups} * queues_per_group),
        sizes_(std::size_t{all.groups} * queues_per_group),
        experts_(all.space().size()) {
    for (std::uint32_t i = experts_; i < nodes_.size(); ++i) nodes_[i] = {i, i, nowhere};
  }

  /// Puts an expert at the hot end, wherever it stood before.
  void append(std::uint32_t flat, std::uint32_t queue) noexcept {
    remove(flat);
    place_hotter(flat, nodes_[end(queue)].colder, queue);
  }
  /// Puts an expert next to another one (or the queue's end), on its hot side.
  void place_hotter(std::uint32_t flat, std::uint32_t behind, std::uint32_t queue) noexcept {
    remove(flat);
    const std::uint32_t before = nodes_[behind].hotter;
    nodes_[flat] = {behind, before, queue};
    nodes_[behind].hotter = flat;
    nodes_[before].colder = flat;
    ++sizes_[queue];
  }
  void remove(std::uint32_t flat) noexcept {
    node& gone = nodes_[flat];
    if (gone.queue == nowhere) return;
    nodes_[gone.colder].hotter = gone.hotter;
    nodes_[gone.hotter].colder = gone.colder;
    --sizes_[gone.queue];
    gone.queue = nowhere;
  }
  /// Turns a queue so that whoever stood behind `last` on the hot side is now the coldest, and `last` the hottest.
  void turn(std::uint32_t last, std::uint32_t queue) noexcept {
    const std::uint32_t stop = end(queue), first = nodes_[last].hotter;
    if (first == stop) return;
    join(nodes_[stop].colder, nodes_[stop].hotter);
    join(last, stop);
    join(stop, first);
  }

  /// The queue an expert stands in, or nowhere.
  [[nodiscard]] std::uint32_t queue_of(std::uint32_t flat) const noexcept { return nodes_[flat].queue; }
  [[nodiscard]] std::uint32_t size(std::uint32_t queue) const noexcept { return sizes_[queue]; }
  [[nodiscard]] std::uint32_t end(std::uint32_t queue) const noexcept { return experts_ + queue; }
  /// The neighbour on either side; of the end: the coldest and the hottest expert.
  [[nodiscard]] std::uint32_t hotter(std::uint32_t at) const noexcept { return nodes_[at].hotter; }
  [[nodiscard]] std::uint32_t colder(std::uint32_t at) const noexcept { return nodes_[at].colder; }

  /// The candidate nearest to the cold end, or nowhere.
  [[nodiscard]] std::uint32_t coldest(const candidate_view& candidates, std::uint32_t queue) const noexcept {
    for (std::uint32_t at = hotter(end(queue)); at != end(queue); at = hotter(at))
      if (candidates.contains(at)) return at;
    return nowhere;
  }
  /// `nowhere` as the nobody that policies answer.
  [[nodiscard]] static std::optional<expert_id> answer(const candidate_view& candidates, std::uint32_t flat) noexcept {
    if (flat == nowhere) return std::nullopt;
    return candidates.space().id(flat);
  }

 private:
  struct node {
    std::uint32_t colder = nowhere;
    std::uint32_t hotter = nowhere;
    std::uint32_t queue = nowhere;
  };
  void join(std::uint32_t colder, std::uint32_t hotter) noexcept {
    nodes_[colder].hotter = hotter;
    nodes_[hotter].colder = colder;
  }
  std::vector<node> nodes_;
  std::vector<std::uint32_t> sizes_;
  std::uint32_t experts_ = 0;  ///< index of the first queue's end
};

}  // namespace moesaic::eviction
