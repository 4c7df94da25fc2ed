// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/hears.hpp>
#include <moesaic/concepts/scene.hpp>

namespace moesaic::eviction {

/// Residents of each eviction group in the order (stamp, id), as linked lists that live in one array. lru and fifo differ
/// only in who gets a new stamp when.
///
/// Source: the textbook list; that equal stamps are kept ascending by id is what makes it agree with a sort by key.
///
///     cold end                                     hot end
///     sentinel <-> stamp 7 <-> stamp 9, id 2 <-> stamp 9, id 5 <-> sentinel
///
/// Cost: touch, leave and (for experts admitted in ascending id) enter O(1); coldest O(1 + residents passed over because they
/// may not leave). 16 bytes per expert of the model, no matter how many are resident.
/// Ties: of one stamp the lower id is nearer to the cold end. One thread at a time.
class recency_list {
 public:
  recency_list() = default;
  explicit recency_list(const inventory& all) : nodes_(std::size_t{all.space().size()} + all.groups), group_of_(all.group_of) {
    sentinels_ = all.space().size();
    for (std::uint32_t i = sentinels_; i < nodes_.size(); ++i) nodes_[i] = {i, i, never};
  }

  /// An expert took room. `stamp` is not below any stamp in the list.
  void enter(std::uint32_t flat, std::uint64_t stamp) noexcept {
    leave(flat);
    link_behind(place_for(flat, stamp), flat, stamp);
    latest_ = flat;
  }
  /// Gives a resident a stamp above all others; nothing happens for who is not resident. Equal stamps are given in ascending id.
  void touch(std::uint32_t flat, std::uint64_t stamp) noexcept {
    if (!linked(flat)) return;
    node* const nodes = nodes_.data();
    const std::uint32_t end = sentinel_of(flat);
    unlink(flat);
    const std::uint32_t hottest = nodes[end].colder;
    nodes[flat] = {hottest, end, stamp};
    nodes[hottest].hotter = flat;
    nodes[end].colder = flat;
  }
  void leave(std::uint32_t flat) noexcept {
    if (!linked(flat)) return;
    unlink(flat);
    nodes_[flat].hotter = nowhere;
  }

  [[nodiscard]] bool linked(std::uint32_t flat) const noexcept { return nodes_[flat].hotter != nowhere; }
  /// Meaningless unless linked.
  [[nodiscard]] std::uint64_t stamp(std::uint32_t flat) const noexcept { return nodes_[flat].stamp; }

  /// The candidate of a group nearest to the cold end.
  [[nodiscard]] std::optional<expert_id> coldest(const candidate_view& candidates, std::uint16_t group) const noexcept {
    const std::uint32_t end = sentinels_ + group;
    for (std::uint32_t at = nodes_[end].hotter; at != end; at = nodes_[at].hotter)
      if (candidates.contains(at)) return candidates.space().id(at);
    return std::nullopt;
  }

 private:
  static constexpr std::uint32_t nowhere = 0xFFFF'FFFF;
  static constexpr std::uint64_t never = ~std::uint64_t{};  // the sentinels' stamp: equals no other, so every walk ends there
  struct node {
    std::uint32_t colder = nowhere;
    std::uint32_t hotter = nowhere;
    std::uint64_t stamp = 0;
  };

  [[nodiscard]] std::uint32_t sentinel_of(std::uint32_t flat) const noexcept { return sentinels_ + group_of_[flat]; }

  /// Behind whom an expert belongs, in the direction of the hot end. One event's misses come in ascending id, so the walk
  /// goes on where the last one ended: all of them together cost one pass over the event.
  [[nodiscard]] std::uint32_t place_for(std::uint32_t flat, std::uint64_t stamp) const noexcept {
    if (latest_ < flat && linked(latest_) && nodes_[latest_].stamp == stamp && group_of_[latest_] == group_of_[flat]) {
      std::uint32_t behind = latest_;
      for (std::uint32_t next = nodes_[behind].hotter; nodes_[next].stamp == stamp && next < flat; next = nodes_[next].hotter)
        behind = next;
      return behind;
    }
    std::uint32_t behind = nodes_[sentinel_of(flat)].colder;
    while (nodes_[behind].stamp == stamp && behind > flat) behind = nodes_[behind].colder;
    return behind;
  }
  void link_behind(std::uint32_t behind, std::uint32_t flat, std::uint64_t stamp) noexcept {
    const std::uint32_t before = nodes_[behind].hotter;
    nodes_[flat] = {behind, before, stamp};
    nodes_[behind].hotter = flat;
    nodes_[before].colder = flat;
  }
  void unlink(std::uint32_t flat) noexcept {
    const node& gone = nodes_[flat];
    nodes_[gone.colder].hotter = gone.hotter;
    nodes_[gone.hotter].colder = gone.colder;
  }

  std::vector<node> nodes_;
  std::span<const std::uint16_t> group_of_;
  std::uint32_t sentinels_ = 0;    ///< index of group 0's sentinel, one past the experts
  std::uint32_t latest_ = nowhere; ///< who entered last
};

}  // namespace moesaic::eviction
