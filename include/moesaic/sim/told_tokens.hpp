// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <moesaic/concepts/acceptance_rule.hpp>
#include <moesaic/transport/dice.hpp>

namespace moesaic::sim {

/// Tokens of a model on paper: its vocabulary is the places of a tape. The token at place 7 of the text is token 7; whatever
/// else somebody proposes there is wrong, and has a number below zero. The model's "logits" are two numbers that say which
/// token comes next.
namespace told {
inline constexpr std::uint32_t vocabulary = 2;

[[nodiscard]] constexpr token_id wrong(std::uint32_t place) noexcept { return -1 - static_cast<token_id>(place); }
/// Two numbers, because a float alone holds only 24 bits of a token.
[[nodiscard]] constexpr std::array<float, vocabulary> row_of(std::uint32_t next) noexcept {
  return {static_cast<float>(next >> 16U), static_cast<float>(next & 0xFFFFU)};
}
[[nodiscard]] constexpr token_id token_in(std::span<const float> row) noexcept {
  return static_cast<token_id>(static_cast<std::uint32_t>(row[0]) << 16U | static_cast<std::uint32_t>(row[1]));
}
}  // namespace told

/// Accepts what the tape says and commits it: whatever a drafter proposes, the text is the trace's.
/// Cost: O(1), no state. Threads: any.
struct told_tokens {
  bool accepts(std::span<const float> row, const drafted_token& drafted) const noexcept { return drafted.token == told::token_in(row); }
  token_id choose(std::span<const float> row) const noexcept { return told::token_in(row); }
};
static_assert(acceptance_rule<told_tokens>);

/// Chance that depends on what it is asked about and on nothing that was asked before: every system, draft length and budget
/// finds the same tokens hard.
struct fixed_chance {
  std::uint64_t seed = 0;

  /// A number for `what` of kind `kind`.
  [[nodiscard]] constexpr std::uint64_t draw(std::uint64_t kind, std::uint64_t what) const noexcept {
    transports::dice dice(seed ^ (kind * 0xD6E8'FEB8'6659'FD93U) ^ (what * 0xA076'1D64'78BD'642FU));
    (void)dice.next();
    return dice.next();
  }
  /// True with probability `p`.
  [[nodiscard]] constexpr bool holds(double p, std::uint64_t kind, std::uint64_t what) const noexcept {
    return static_cast<double>(draw(kind, what) >> 11U) < p * 9'007'199'254'740'992.0;  // 2^53
  }
  /// Where a rejected token's routing is taken from, because no trace holds it: another token before `place`, at most `reach`
  /// back and not before `begins`; `place` itself where there is none.
  [[nodiscard]] constexpr std::uint32_t stray(std::uint32_t place, std::uint32_t begins) const noexcept {
    constexpr std::uint32_t reach = 64;
    const std::uint32_t before = place - begins < reach ? place - begins : reach;
    return before == 0 ? place : place - 1 - static_cast<std::uint32_t>(draw(1, place) % before);
  }
};

}  // namespace moesaic::sim
