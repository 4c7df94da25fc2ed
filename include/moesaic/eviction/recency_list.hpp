// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/eviction_policy.hpp>
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
/// An event's experts are linked all at once, the absent ones too: as guests, who keep the place that they take if they enter,
/// and are put out when they come to the cold end. So nothing here branches on who of an event is resident, which is what no
/// branch predictor knows, and a miss finds its place without looking for it.
///
/// Cost: touch, leave and (for experts admitted in ascending id) enter O(1); coldest O(1) amortised + residents passed over
/// because they may not leave. 17 bytes per expert of the model, no matter how many are resident.
/// Ties: of one stamp the lower id is nearer to the cold end. One thread at a time.
class recency_list {
 public:
  recency_list() = default;
  explicit recency_list(const inventory& all)
      : nodes_(std::size_t{all.space().size()} + all.groups), group_of_(all.group_of), resident_(all.space().size()), end_of_layer_(all.shape.layers()) {
    sentinels_ = all.space().size();
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) nodes_[i] = {i, i, never};
    for (std::uint32_t l = 0; l < all.shape.layers(); ++l) {
      const auto flat = all.space().in(static_cast<layer_index>(l));
      end_of_layer_[l] = end_of(flat(expert_index{}));
      for (std::uint32_t e = 0; e < all.shape.experts(static_cast<layer_index>(l)); ++e)
        if (end_of(flat(static_cast<expert_index>(e))) != end_of_layer_[l]) end_of_layer_[l] = nobody;
    }
  }

  /// The `count` experts that an event of `layer` wants, `flat_of(i)` in ascending order, get its stamp, which is above all others.
  template <class FlatOf>
  void touch(layer_index layer, std::size_t count, FlatOf&& flat_of, std::uint64_t stamp) noexcept {
    latest_ = stamp;
    if (count == 0) return;
    const std::uint32_t end = end_of_layer_[number(layer)];
    node* const nodes = nodes_.data();
    if (end == nobody) {  // groups that cut through a layer
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t flat = flat_of(i);
        unlink(flat, nodes);  // first: it may be the hottest itself
        link(nodes[end_of(flat)].colder, flat, stamp);
      }
      return;
    }
    std::uint32_t colder = flat_of(0);
    unlink(colder, nodes);
    const std::uint32_t hottest = nodes[end].colder;
    nodes[hottest].hotter = colder;
    nodes[colder].colder = hottest;
    nodes[colder].stamp = stamp;
    for (std::size_t i = 1; i < count; ++i) {
      const std::uint32_t flat = flat_of(i);
      unlink(flat, nodes);
      nodes[colder].hotter = flat;
      nodes[flat].colder = colder;
      nodes[flat].stamp = stamp;
      colder = flat;
    }
    nodes[colder].hotter = end;
    nodes[end].colder = colder;
  }
  /// An expert took room. `stamp` is not below any stamp in the list.
  void enter(std::uint32_t flat, std::uint64_t stamp) noexcept {
    resident_[flat] = room::own;
    if (nodes_[flat].stamp != stamp) insert(flat, stamp);
  }
  void leave(std::uint32_t flat) noexcept {
    resident_[flat] = room::none;
    put_out(flat);
  }

  [[nodiscard]] bool linked(std::uint32_t flat) const noexcept { return resident_[flat] == room::own; }
  /// Meaningless unless linked.
  [[nodiscard]] std::uint64_t stamp(std::uint32_t flat) const noexcept { return nodes_[flat].stamp; }

  /// The candidate of a group nearest to the cold end; no_victim if there is none.
  [[nodiscard]] std::uint32_t coldest(const candidate_view& candidates, std::uint16_t group) noexcept {
    if (candidates.members().empty()) return no_victim;
    const std::uint32_t end = sentinels_ + group;
    for (std::uint32_t at = nodes_[end].hotter; at != end;) {
      if (candidates.eligible(at)) return at;  // of this group, as all in its list are
      const std::uint32_t next = nodes_[at].hotter;
      if (resident_[at] == room::none && nodes_[at].stamp != latest_) put_out(at);
      at = next;
    }
    return no_victim;
  }

 private:
  static constexpr std::uint32_t nobody = 0xFFFF'FFFF;
  static constexpr std::uint64_t never = ~std::uint64_t{};  // the sentinels' stamp: equals no other, so every walk ends there
  enum class room : std::uint8_t { none, own };  // no character type: writing one changes nothing else, and the compiler knows
  struct node {
    std::uint32_t colder = nobody;  ///< itself, where nobody is linked to it
    std::uint32_t hotter = nobody;
    std::uint64_t stamp = never;
  };

  [[nodiscard]] std::uint32_t end_of(std::uint32_t flat) const noexcept { return sentinels_ + group_of_[flat]; }

  static void unlink(std::uint32_t flat, node* nodes) noexcept {
    const std::uint32_t colder = nodes[flat].colder, hotter = nodes[flat].hotter;
    nodes[colder].hotter = hotter;
    nodes[hotter].colder = colder;
  }
  void put_out(std::uint32_t flat) noexcept {
    unlink(flat, nodes_.data());
    nodes_[flat] = {flat, flat, never};
  }
  void link(std::uint32_t behind, std::uint32_t flat, std::uint64_t stamp) noexcept {
    const std::uint32_t before = nodes_[behind].hotter;
    nodes_[flat] = {behind, before, stamp};
    nodes_[behind].hotter = flat;
    nodes_[before].colder = flat;
  }
  /// Where the order wants it. An event's misses come in ascending id, so the hot end is nearly always the place.
  void insert(std::uint32_t flat, std::uint64_t stamp) noexcept {
    latest_ = stamp;
    unlink(flat, nodes_.data());
    std::uint32_t behind = nodes_[end_of(flat)].colder;
    while (nodes_[behind].stamp == stamp && behind > flat) behind = nodes_[behind].colder;
    link(behind, flat, stamp);
  }

  std::vector<node> nodes_;                ///< [experts], then a sentinel for each group
  std::span<const std::uint16_t> group_of_;
  std::vector<room> resident_;             ///< [experts]; who is linked and has no room is a guest
  std::vector<std::uint32_t> end_of_layer_;///< [layers] the sentinel of its experts' group, or nobody where they are of several
  std::uint32_t sentinels_ = 0;            ///< index of group 0's sentinel, one past the experts
  std::uint64_t latest_ = 0;               ///< the highest stamp given
};

}  // namespace moesaic::eviction
