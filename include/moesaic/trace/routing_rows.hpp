// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <moesaic/core/quantity.hpp>

namespace moesaic::trace {

/// Stands in a row where a token was not routed. Readers turn what their format writes for it into this.
inline constexpr std::uint16_t not_routed = 65'535;

/// What a trace is about: MoE layers, routed experts in each, experts per token.
struct dimensions {
  std::uint32_t layers = 0;
  std::uint32_t experts = 0;
  std::uint32_t top_k = 0;
  friend constexpr bool operator==(const dimensions&, const dimensions&) = default;

  /// Ids that one token has in a trace.
  [[nodiscard]] constexpr std::size_t row() const noexcept { return std::size_t{layers} * top_k; }
};

/// Marks of routing_rows::recorded.
inline constexpr std::uint8_t recorded_absent = 0;
inline constexpr std::uint8_t recorded_resident = 1;
inline constexpr std::uint8_t recorded_nothing = 255;

/// Consecutive tokens of one sequence as a reader hands them out, every id checked. Valid until the reader's next call.
struct routing_rows {
  std::uint32_t sequence = 0;             ///< number of the sequence in its trace, from 0
  std::uint64_t first_token = 0;          ///< index of the first of these tokens, over all sequences
  std::uint32_t prompt_tokens = 0;        ///< how many of these tokens, from the front, belong to a prompt
  std::uint32_t tokens = 0;               ///< at least 1
  std::span<const std::uint16_t> experts; ///< [tokens][layers][top_k] in rank order, below `experts` or not_routed
  std::span<const gate_mass> weights;     ///< the same shape, or empty where the trace has none or nobody asked
  /// Tokens of one number other than 0 are one step whatever the window: what the trace itself calls a batch. A batch may come
  /// in several pieces, one after the other.
  std::uint32_t batch = 0;
  /// The same shape as `experts`: whether a real engine had the expert when the event began (one of the marks below), or empty.
  std::span<const std::uint8_t> recorded;
  std::optional<std::uint32_t> meta_index{}; ///< entry of a description beside the trace that speaks of this sequence, where the format has one
};

}  // namespace moesaic::trace
