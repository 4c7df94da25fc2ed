// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <moesaic/concepts/arena.hpp>

namespace moesaic {

/// Rooms of exactly the charged size, first fit by address, for eviction groups of mixed sizes (one pool over layers of
/// different precision). Nothing is padded, but room fragments: several may have to leave for one.
/// A group's share of the capacity follows its bytes; the remainder of rounding goes to the first groups.
/// Source: ours; first fit as in Knuth, TAOCP 1, 2.5. Cost: O(free extents of the group) per call, at most experts + 1;
/// 16 bytes per expert. Ties: the lowest address.
class extent_arena {
 public:
  static constexpr bool one_size = false;

  result<void> prepare(const arena_order& order) {
    groups_.assign(order.groups, {});
    group_of_.assign(order.group_of.begin(), order.group_of.end());
    charges_.assign(order.charges.begin(), order.charges.end());
    std::vector<std::size_t> experts(order.groups);
    for (std::size_t flat = 0; flat < charges_.size(); ++flat) {
      groups_[group_of_[flat]].wanted += charges_[flat].count;
      experts[group_of_[flat]] += charges_[flat].count != 0;
    }
    share(order.capacity);
    std::uint64_t begin = 0;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      groups_[i].vacant.reserve(experts[i] + 2);
      if (groups_[i].allowed != 0) groups_[i].vacant.push_back({begin, groups_[i].allowed});
      begin += groups_[i].allowed;
      groups_[i].size = groups_[i].allowed;
    }
    return {};
  }

  [[nodiscard]] room place(std::uint32_t flat) noexcept {
    pool& g = groups_[group_of_[flat]];
    const std::uint64_t need = charges_[flat].count;
    if (g.used + need > g.allowed) return nowhere;
    for (auto hole = g.vacant.begin(); hole != g.vacant.end(); ++hole) {
      if (hole->size < need) continue;
      const room found{hole->begin};
      take(g, hole, hole->begin, need);
      return found;
    }
    return nowhere;
  }
  void vacate(std::uint32_t flat, room r) noexcept {
    pool& g = groups_[group_of_[flat]];
    const extent back{r.count, charges_[flat].count};
    auto after = std::find_if(g.vacant.begin(), g.vacant.end(), [&](const extent& e) { return e.begin > back.begin; });
    const bool joins_before = after != g.vacant.begin() && (after - 1)->begin + (after - 1)->size == back.begin;
    const bool joins_after = after != g.vacant.end() && back.begin + back.size == after->begin;
    if (joins_before && joins_after) {
      (after - 1)->size += back.size + after->size;
      g.vacant.erase(after);
    } else if (joins_before) {
      (after - 1)->size += back.size;
    } else if (joins_after) {
      *after = {back.begin, back.size + after->size};
    } else {
      g.vacant.insert(after, back);
    }
    account(g, back.size, false);
  }
  void restore(std::uint32_t flat, room r) noexcept {
    pool& g = groups_[group_of_[flat]];
    const auto hole = std::find_if(g.vacant.begin(), g.vacant.end(), [&](const extent& e) { return e.begin <= r.count && r.count < e.begin + e.size; });
    take(g, hole, r.count, charges_[flat].count);
  }
  void limit(bytes capacity) noexcept {
    share(capacity);
    for (pool& g : groups_) g.allowed = std::min(g.allowed, g.size);
  }

  [[nodiscard]] bytes charge(std::uint32_t flat) const noexcept { return charges_[flat]; }
  [[nodiscard]] bytes used() const noexcept { return {used_}; }
  [[nodiscard]] bool over(std::uint32_t group) const noexcept { return groups_[group].used > groups_[group].allowed; }
  [[nodiscard]] std::uint32_t holds(std::uint32_t) const noexcept { return 0; }

 private:
  struct extent {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
  };
  struct pool {
    std::uint64_t wanted = 0;   ///< bytes of all its experts
    std::uint64_t size = 0;     ///< prepared
    std::uint64_t allowed = 0;  ///< by the present limit
    std::uint64_t used = 0;
    std::vector<extent> vacant;  ///< ascending, never adjacent
  };

  void take(pool& g, std::vector<extent>::iterator hole, std::uint64_t begin, std::uint64_t need) noexcept {
    const extent whole = *hole;
    const extent before{whole.begin, begin - whole.begin};
    const extent behind{begin + need, whole.begin + whole.size - begin - need};
    if (before.size == 0 && behind.size == 0) {
      g.vacant.erase(hole);
    } else if (before.size == 0) {
      *hole = behind;
    } else {
      *hole = before;
      if (behind.size != 0) g.vacant.insert(hole + 1, behind);
    }
    account(g, need, true);
  }
  void account(pool& g, std::uint64_t n, bool more) noexcept {
    g.used = more ? g.used + n : g.used - n;
    used_ = more ? used_ + n : used_ - n;
  }
  void share(bytes capacity) noexcept {
    double wanted = 0;
    for (const pool& g : groups_) wanted += static_cast<double>(g.wanted);
    std::uint64_t left = capacity.count;
    for (pool& g : groups_) {
      const double part = wanted > 0 ? static_cast<double>(capacity.count) * static_cast<double>(g.wanted) / wanted : 0;
      g.allowed = std::min({static_cast<std::uint64_t>(part), g.wanted, left});
      left -= g.allowed;
    }
    for (pool& g : groups_) {
      const std::uint64_t more = std::min(left, g.wanted - g.allowed);
      g.allowed += more;
      left -= more;
    }
  }

  std::vector<pool> groups_;
  std::vector<std::uint16_t> group_of_;
  std::vector<bytes> charges_;
  std::uint64_t used_ = 0;
};
static_assert(arena<extent_arena>, "extent_arena no longer models arena");

}  // namespace moesaic
