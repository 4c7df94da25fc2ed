// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <moesaic/concepts/transport.hpp>

namespace moesaic::transports {

/// What a transport without a source writes into a room when a transfer arrives: `content(what)`, never blocking.
template <class C>
concept content = std::movable<C> && requires(C writes, const transfer& what) {
  { writes(what) } noexcept -> std::same_as<void>;
};

/// Writes nothing: replay and simulation, where rooms are numbers only.
struct no_content {
  constexpr void operator()(const transfer&) const noexcept {}
};

/// The byte that stands at `offset` of an expert's room under `pattern_content`. Differs between experts and between
/// places, so that a byte of the wrong expert, or of the right one in the wrong place, is seen (255 times of 256).
[[nodiscard]] constexpr std::byte pattern_at(expert_id e, std::uint64_t offset) noexcept {
  std::uint64_t x =
      (std::uint64_t{number(e.layer)} << 48U) ^ (std::uint64_t{number(e.expert)} << 32U) ^ (std::uint64_t{number(e.representation)} << 24U) ^ (offset >> 3U);
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  x ^= x >> 31U;
  return static_cast<std::byte>(x >> (8U * (offset & 7U)));
}

/// Fills rooms with bytes that can be recognised, where a room is given. Cost: a few nanoseconds a byte, so keep experts small.
struct pattern_content {
  void operator()(const transfer& what) const noexcept {
    if (what.to == nullptr) return;
    for (std::uint64_t i = 0; i < what.size.count; ++i) what.to[i] = pattern_at(what.expert, i);
  }
};

/// Whether `room` holds exactly what `pattern_content` writes for `e`.
[[nodiscard]] constexpr bool holds_pattern(expert_id e, std::span<const std::byte> room) noexcept {
  for (std::size_t i = 0; i < room.size(); ++i)
    if (room[i] != pattern_at(e, i)) return false;
  return true;
}

static_assert(content<no_content> && content<pattern_content>);

}  // namespace moesaic::transports
