// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>

namespace moesaic {

/// Where an expert's room begins: bytes from the start of the part of the slab that holds slots.
using room = quantity<struct room_tag, std::uint64_t>;
/// The answer of an arena that has none. (A sentinel, not an optional: this is the innermost decision, and an optional of
/// eight bytes goes through memory.)
inline constexpr room nowhere = room::highest();

/// What an arena has to divide.
struct arena_order {
  std::span<const bytes> charges{};           ///< by flat index: bytes with alignment and padding; 0 where no expert is
  std::span<const std::uint16_t> group_of{};  ///< eviction group by flat index
  std::uint32_t groups = 1;
  bytes capacity{};                         ///< all slots together
};

/// Gives experts rooms at stable addresses. Pure bookkeeping of offsets: it never touches memory, so it is the same in replay,
/// in simulation and in the real runtime.
///
/// Contract. `prepare` comes first, once; it is the only call that allocates. Rooms of experts that have one never overlap
/// and lie inside the capacity. `place` answers nowhere where none is free.
/// `restore` undoes the latest `vacate`, and may be repeated backwards. `limit` sets a new
/// capacity, at most the prepared one; nothing moves: groups may be `over` their share until experts leave. `charge` is what
/// a placed expert takes from the budget. `one_size`: any vacated room of a group suits any expert of it. `holds`: so many
/// experts of the group fit at once (meaningful for one_size). Cost: stated by each.
template <class A>
concept arena = std::movable<A> && requires(A rooms, const A& view, const arena_order& order, std::uint32_t flat, room r, bytes n, std::uint32_t group) {
  { rooms.prepare(order) } -> std::same_as<result<void>>;
  { rooms.place(flat) } noexcept -> std::same_as<room>;
  { rooms.vacate(flat, r) } noexcept -> std::same_as<void>;
  { rooms.restore(flat, r) } noexcept -> std::same_as<void>;
  { rooms.limit(n) } noexcept -> std::same_as<void>;
  { view.charge(flat) } noexcept -> std::same_as<bytes>;
  { view.used() } noexcept -> std::same_as<bytes>;
  { view.over(group) } noexcept -> std::same_as<bool>;
  { view.holds(group) } noexcept -> std::same_as<std::uint32_t>;
  { A::one_size } -> std::convertible_to<bool>;
};

}  // namespace moesaic
