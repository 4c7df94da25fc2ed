// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/arena.hpp>
#include <moesaic/concepts/scene.hpp>
#include <moesaic/core/model_shape.hpp>
#include <moesaic/core/residence.hpp>

namespace moesaic {

/// Who is where: the flags, the room and the last use of every expert, and the residents of every eviction group.
/// It decides nothing and calls nobody. Everything is by flat index.
/// Cost: 35 bytes per expert and the arena's; each operation is the arena's and O(1). No allocation after `prepare`.
template <arena Arena>
class slot_table {
 public:
  /// `order`'s spans have to live for this call only; `shape` as long as the table.
  result<void> prepare(const model_shape& shape, const arena_order& order, Arena rooms) {
    shape_ = &shape;
    rooms_ = std::move(rooms);
    if (result<void> made = rooms_.prepare(order); !made) return made;
    group_of_.assign(order.group_of.begin(), order.group_of.end());
    footprint_.assign(order.charges.begin(), order.charges.end());
    flags_.assign(footprint_.size(), 0);
    notes_.assign(footprint_.size(), {});
    std::vector<std::size_t> sizes(order.groups);
    for (std::size_t flat = 0; flat < footprint_.size(); ++flat) sizes[group_of_[flat]] += footprint_[flat].count != 0;
    members_.assign(order.groups, {});
    vacated_.assign(order.groups, {});
    for (std::size_t g = 0; g < members_.size(); ++g) members_[g].reserve(sizes[g]);
    return {};
  }

  [[nodiscard]] std::uint8_t flags(std::uint32_t flat) const noexcept { return flags_[flat]; }
  [[nodiscard]] bool has(std::uint32_t flat, std::uint8_t any_of) const noexcept { return (flags_[flat] & any_of) != 0; }
  /// An event wants the expert: one that has room is pinned, and no unused prefetch any more. Answers the flags it had.
  std::uint8_t meet(std::uint32_t flat, std::uint8_t pin) noexcept {
    std::uint8_t& now = flags_[flat];
    const std::uint8_t before = now;
    if ((before & (residency_flag::resident | residency_flag::in_flight)) != 0)
      now = static_cast<std::uint8_t>((before & ~residency_flag::unused_prefetch) | pin);
    return before;
  }
  void raise(std::uint32_t flat, std::uint8_t flags) noexcept { flags_[flat] = static_cast<std::uint8_t>(flags_[flat] | flags); }
  void lower(std::uint32_t flat, std::uint8_t flags) noexcept { flags_[flat] = static_cast<std::uint8_t>(flags_[flat] & ~flags); }

  [[nodiscard]] std::uint16_t group_of(std::uint32_t flat) const noexcept { return group_of_[flat]; }
  [[nodiscard]] std::span<const std::uint16_t> groups() const noexcept { return group_of_; }
  [[nodiscard]] std::uint32_t group_count() const noexcept { return static_cast<std::uint32_t>(members_.size()); }
  [[nodiscard]] bytes footprint(std::uint32_t flat) const noexcept { return footprint_[flat]; }
  [[nodiscard]] const Arena& rooms() const noexcept { return rooms_; }
  void limit(bytes capacity) noexcept { rooms_.limit(capacity); }

  [[nodiscard]] room room_of(std::uint32_t flat) const noexcept { return notes_[flat].at; }
  [[nodiscard]] bool overlap(std::uint32_t a, std::uint32_t b) const noexcept {
    const std::uint64_t x = notes_[a].at.count, y = notes_[b].at.count;
    return x < y + footprint_[b].count && y < x + footprint_[a].count;
  }

  void set_last_use(std::uint32_t flat, fence last) noexcept { notes_[flat].last_use = std::max(notes_[flat].last_use, last); }
  /// The expert left earlier than it was last used: what comes into its group now has to wait for that use.
  void leave_behind(std::uint32_t flat) noexcept { vacated_[group_of_[flat]] = std::max(vacated_[group_of_[flat]], notes_[flat].last_use); }
  /// The last use that a transfer into room of this expert's group has to wait for: the latest of all that left the group.
  /// (One number per group instead of one per piece of room: fences ascend, so older ones are past when this one is.)
  [[nodiscard]] fence fence_of_vacated(std::uint32_t flat) const noexcept { return vacated_[group_of_[flat]]; }

  /// Finds room without evicting anybody; nowhere: there is none.
  [[nodiscard]] room place(std::uint32_t flat) noexcept { return rooms_.place(flat); }
  void unplace(std::uint32_t flat, room r) noexcept { rooms_.vacate(flat, r); }

  /// Tentatively gives up an expert's room; `take_back` undoes it, latest first.
  void set_aside(std::uint32_t flat) noexcept {
    rooms_.vacate(flat, notes_[flat].at);
    raise(flat, residency_flag::leaving);
  }
  void take_back(std::uint32_t flat) noexcept {
    rooms_.restore(flat, notes_[flat].at);
    lower(flat, residency_flag::leaving);
  }

  /// From now on the expert owns room `r`.
  void admit(std::uint32_t flat, room r, std::uint8_t flags) noexcept {
    note& n = notes_[flat];
    std::vector<std::uint32_t>& group = members_[group_of_[flat]];
    n.at = r;
    n.last_use = {};
    n.member = static_cast<std::uint32_t>(group.size());
    group.push_back(flat);
    flags_[flat] = flags;
  }
  /// The expert stands in no group any more. Its flags and, unless it was set aside, its room are the caller's next step.
  void strike(std::uint32_t flat) noexcept {
    std::vector<std::uint32_t>& group = members_[group_of_[flat]];
    const std::uint32_t last = group.back();
    group[notes_[flat].member] = last;
    notes_[last].member = notes_[flat].member;
    group.pop_back();
    leave_behind(flat);
  }
  void clear(std::uint32_t flat) noexcept { flags_[flat] = 0; }

  [[nodiscard]] candidate_view candidates(std::uint32_t group, std::uint8_t mask) const noexcept {
    return {shape_->space(), members_[group], flags_, mask, group_of_, static_cast<std::uint16_t>(group)};
  }
  [[nodiscard]] residency_view view() const noexcept { return {*shape_, flags_}; }

 private:
  struct note {
    room at{};
    fence last_use{};
    std::uint32_t member = 0;
  };
  const model_shape* shape_ = nullptr;
  Arena rooms_{};
  std::vector<std::uint16_t> group_of_;
  std::vector<bytes> footprint_;
  std::vector<std::uint8_t> flags_;
  std::vector<note> notes_;
  std::vector<std::vector<std::uint32_t>> members_;
  std::vector<fence> vacated_;
};

}  // namespace moesaic
