// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <moesaic/concepts/arena.hpp>

namespace moesaic {

/// Equal slots in each eviction group, as large as the group's largest expert: any room suits any expert, nothing fragments.
/// The price is the padding of smaller experts, so it suits groups of one size (a layer usually is one).
/// A group's share of the capacity follows its bytes; rounding remainders go, slot by slot, to the group that has the smallest
/// part of its experts in slots (ties: the lower group). A share may be zero: all of that group then streams.
/// Source: ours. Cost: place, vacate, restore O(1); 8 bytes per slot, 64 per group. Ties: the slot vacated last is used first.
class uniform_arena {
 public:
  static constexpr bool one_size = true;

  result<void> prepare(const arena_order& order) {
    groups_.assign(order.groups, {});
    group_of_.assign(order.group_of.begin(), order.group_of.end());
    for (std::size_t flat = 0; flat < order.charges.size(); ++flat) {
      if (order.charges[flat].count == 0) continue;
      pool& g = groups_[group_of_[flat]];
      ++g.experts;
      g.slot = std::max(g.slot, order.charges[flat].count);
    }
    share(order.capacity);
    std::uint64_t begin = 0;
    for (pool& g : groups_) {
      g.begin = begin;
      begin += g.allowed * g.slot;
      g.vacant.resize(g.allowed);
      for (std::uint32_t i = 0; i < g.allowed; ++i) g.vacant[i] = g.begin + (g.allowed - 1 - i) * g.slot;
      g.slots = g.allowed;
    }
    return {};
  }

  [[nodiscard]] room place(std::uint32_t flat) noexcept {
    pool& g = groups_[group_of_[flat]];
    if (g.vacant.size() <= g.slots - g.allowed) return nowhere;
    const room found{g.vacant.back()};
    g.vacant.pop_back();
    used_ += g.slot;
    return found;
  }
  void vacate(std::uint32_t flat, room r) noexcept {
    pool& g = groups_[group_of_[flat]];
    g.vacant.push_back(r.count);
    used_ -= g.slot;
  }
  void restore(std::uint32_t flat, room) noexcept {
    pool& g = groups_[group_of_[flat]];
    g.vacant.pop_back();
    used_ += g.slot;
  }
  void limit(bytes capacity) noexcept {
    share(capacity);
    for (pool& g : groups_) g.allowed = std::min(g.allowed, g.slots);
  }

  [[nodiscard]] bytes charge(std::uint32_t flat) const noexcept { return {groups_[group_of_[flat]].slot}; }
  [[nodiscard]] bytes used() const noexcept { return {used_}; }
  [[nodiscard]] bool over(std::uint32_t group) const noexcept { return groups_[group].slots - groups_[group].vacant.size() > groups_[group].allowed; }
  [[nodiscard]] std::uint32_t holds(std::uint32_t group) const noexcept { return groups_[group].allowed; }

 private:
  struct pool {
    std::uint64_t begin = 0;
    std::uint64_t slot = 0;     ///< bytes of one
    std::uint32_t experts = 0;
    std::uint32_t slots = 0;    ///< prepared
    std::uint32_t allowed = 0;  ///< of these, by the present limit
    std::vector<std::uint64_t> vacant;  ///< where its free slots begin
  };

  void share(bytes capacity) noexcept {
    double wanted = 0;
    for (const pool& g : groups_) wanted += static_cast<double>(g.slot) * g.experts;
    std::uint64_t left = capacity.count;
    for (pool& g : groups_) {
      if (g.slot == 0) continue;
      const double part = static_cast<double>(capacity.count) * (static_cast<double>(g.slot) * g.experts) / wanted;
      const auto by_share = static_cast<std::uint64_t>(part) / g.slot;
      g.allowed = static_cast<std::uint32_t>(std::min({by_share, std::uint64_t{g.experts}, left / g.slot}));
      left -= g.allowed * g.slot;
    }
    for (pool* poorest = groups_.data(); poorest != nullptr;) {
      poorest = nullptr;
      for (pool& g : groups_) {
        if (g.slot == 0 || g.allowed == g.experts || g.slot > left) continue;
        if (poorest == nullptr || std::uint64_t{g.allowed} * poorest->experts < std::uint64_t{poorest->allowed} * g.experts) poorest = &g;
      }
      if (poorest == nullptr) break;
      ++poorest->allowed;
      left -= poorest->slot;
    }
  }

  std::vector<pool> groups_;
  std::vector<std::uint16_t> group_of_;
  std::uint64_t used_ = 0;
};
static_assert(arena<uniform_arena>, "uniform_arena no longer models arena");

}  // namespace moesaic
