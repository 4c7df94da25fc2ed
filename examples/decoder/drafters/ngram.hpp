// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/drafter.hpp>

namespace moesaic::decoder {

/// Proposes what followed the last time the same few tokens stood in the prompt or the output.
///
/// Source: prompt lookup (Saxena 2023), as llama.cpp and vLLM have it; the probability is ours.
/// Mechanism: looks for the last `longest` tokens, then for fewer, down to `shortest`, and takes the latest place; what it has
/// proposed in this window counts as text. Its probability of a token is the share of proposals of the same length that came true
/// in this run, (right + 1) / (said + 2), so that a governor can stop it; it draws nothing, so sampling takes it as certain.
/// Cost: a search backwards through the text for each token, O(longest * text) at worst. 4 bytes a token. Ties: the latest place.
class ngram {
 public:
  static constexpr std::uint32_t most = 16;
  struct options {
    std::uint32_t longest = 3;   ///< 1 to 16
    std::uint32_t shortest = 1;  ///< 1 to longest
  };
  explicit ngram(options how) : how_(how) {}

  result<void> committed(std::span<const token_id> tokens);
  result<std::optional<drafted_token>> next();
  [[nodiscard]] std::span<const hint> hints() const noexcept { return {}; }

 private:
  struct record {
    std::uint32_t right = 0, said = 0;
  };
  options how_;
  std::vector<token_id> text_;  // what was committed, then what was proposed behind it
  std::size_t sure_ = 0;        // of these committed
  std::vector<std::uint32_t> lengths_;  // of the match behind each proposal of this window
  std::array<record, most + 1> kept_{};
};
static_assert(drafter<ngram>);

}  // namespace moesaic::decoder
