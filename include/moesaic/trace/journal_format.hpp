// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <moesaic/concepts/witness.hpp>
#include <moesaic/core/counters.hpp>
#include <moesaic/core/model_shape.hpp>

namespace moesaic::trace {

/// The journal of a run: what the engine called, what the transport answered, and what was decided. One page says all of it:
/// docs/reference/journal_format.md. Here are its numbers.
namespace journal {

inline constexpr std::array<char, 8> magic{'M', 'O', 'E', 'J', 'R', 'N', 'L', '\0'};
inline constexpr std::uint32_t version = 4;         ///< that is written; 3 lacks the tag 0x14, 2 also 0x13, 1 also 0x10 to 0x12
inline constexpr std::uint32_t oldest_version = 1;  ///< that is still read
inline constexpr std::size_t preamble = 12;                        ///< magic and version
inline constexpr std::size_t block_head = 8;                       ///< length and checksum
inline constexpr std::uint32_t longest_block = std::uint32_t{1} << 20U;
inline constexpr std::uint32_t most_routes = std::uint32_t{1} << 24U;   ///< of one event
inline constexpr std::uint32_t most_experts = std::uint32_t{1} << 20U;  ///< layers × experts

enum class tag : std::uint8_t {
  header = 0x00,
  // the engine's calls
  step = 0x01,
  event = 0x02,
  next = 0x03,
  try_next = 0x04,
  next_ahead = 0x05,
  release = 0x06,
  end_of_lease = 0x07,
  pump = 0x08,
  hint = 0x09,
  draft_cut = 0x0A,
  end_of_step = 0x0B,
  budget = 0x0C,
  governor_asked = 0x0D,
  governor_told = 0x0E,
  sequence = 0x0F,
  draft_started = 0x10,
  token_drafted = 0x11,
  draft_ended = 0x12,
  governor_told_beyond = 0x13,
  pump_until_quiet = 0x14,
  end = 0x3F,
  // the transport's answers
  clock = 0x40,
  cost = 0x41,
  polled_nothing = 0x42,
  polled = 0x43,
  waited = 0x44,
  cancelled = 0x45,
  // decisions
  leased = 0x80,
  found = 0x81,
  placed = 0x82,
  victim = 0x83,
  judged = 0x84,
  left = 0x85,
  admitted = 0x86,
  submitted = 0x87,
  wish = 0x88,
  held_back = 0x89,
  fate = 0x8A,
  handed_out = 0x8B,
  failed = 0x8C,
  governor_answered = 0x8D,
  counted = 0x8E,
};

/// The core's counters at the journal's end.
struct counted {
  counters count{};
};
/// The journal is complete.
struct ended {};

/// One thing that happened, as the residency's witness was told it. An `acquire` carries its step.
using record = std::variant<seen::acquire, seen::lease_call, seen::release, seen::pump, hint, draft_cut, step_outcome, seen::budget_change,
                            seen::governor_asked, seen::governor_told, seen::sequence, draft_started, token_drafted, draft_ended, ended, seen::clock, link_cost,
                            seen::completions, seen::cancelled, seen::leased, seen::found, seen::placed, seen::victim, seen::judged, seen::left, admitted,
                            seen::submitted, seen::wish, seen::held_back, seen::fate, seen::handed_out, seen::failed, seen::governor_answered, counted>;

/// Whether a thing is a decision, or follows from one: a replay makes it again.
template <class Seen>
inline constexpr bool is_decision =
    (std::same_as<Seen, seen::leased> || std::same_as<Seen, seen::found> || std::same_as<Seen, seen::placed> || std::same_as<Seen, seen::victim> ||
     std::same_as<Seen, seen::judged> || std::same_as<Seen, seen::left> || std::same_as<Seen, admitted> || std::same_as<Seen, seen::submitted> ||
     std::same_as<Seen, seen::wish> || std::same_as<Seen, seen::held_back> || std::same_as<Seen, seen::fate> || std::same_as<Seen, seen::handed_out> ||
     std::same_as<Seen, seen::failed> || std::same_as<Seen, seen::governor_answered> || std::same_as<Seen, counted>);
template <class Seen>
inline constexpr bool is_transport_answer =
    std::same_as<Seen, seen::clock> || std::same_as<Seen, link_cost> || std::same_as<Seen, seen::completions> || std::same_as<Seen, seen::cancelled>;

/// What a journal says of its run in words: the model's name, and pairs like ("eviction", "lrfu(32)"), in order.
struct subject {
  std::string model;
  std::vector<std::pair<std::string, std::string>> facts;

  /// The value of a fact; empty where there is none.
  [[nodiscard]] std::string_view fact(std::string_view name) const noexcept {
    for (const auto& [key, value] : facts)
      if (key == name) return value;
    return {};
  }
};

/// What a journal says before its first event.
struct header {
  subject about;
  bool decisions = true;  ///< false: they were taken out
  std::optional<model_shape> shape;
  std::vector<bytes> footprint;         ///< by flat index
  std::vector<std::uint16_t> group_of;  ///< by flat index
  std::uint32_t groups = 1;
  bytes budget{};
  std::uint32_t frames = 0;
  bool host_possible = false;
  bool equal_rooms = true;
  std::uint32_t link_capacity = 1;

  [[nodiscard]] seen::made as_made() const noexcept { return {*shape, footprint, group_of, groups, budget, frames, host_possible, equal_rooms, link_capacity}; }
};

/// Whether a source that starts with these bytes claims to be a journal.
[[nodiscard]] inline bool recognises(std::span<const std::byte> start) noexcept {
  return start.size() >= magic.size() && std::memcmp(start.data(), magic.data(), magic.size()) == 0;
}

/// CRC-32 as in zlib, gzip and PNG (polynomial 0xEDB88320). O(bytes), a table of 1 KiB.
[[nodiscard]] inline std::uint32_t checksum(std::span<const std::byte> of) noexcept {
  static constexpr std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = (c >> 1U) ^ ((c & 1U) != 0 ? 0xEDB8'8320U : 0U);
      t[i] = c;
    }
    return t;
  }();
  std::uint32_t crc = ~std::uint32_t{};
  for (const std::byte b : of) crc = (crc >> 8U) ^ table[(crc ^ std::to_integer<std::uint32_t>(b)) & 0xFFU];
  return ~crc;
}

}  // namespace journal
}  // namespace moesaic::trace
