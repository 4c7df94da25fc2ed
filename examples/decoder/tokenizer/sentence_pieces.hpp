// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "byte_pair_merger.hpp"

namespace moesaic::decoder {

/// Merging as SentencePiece's BPE vocabularies want it: characters first, then always the two neighbours whose text together is the
/// token with the highest score, until no two make a token. Ties: the leftmost. Cost: O(n log n).
class sentence_pieces {
 public:
  struct piece {
    std::uint32_t symbol;   ///< or byte_pair_merger::none: a character that is no token
    std::string_view text;  ///< of the input
  };
  /// Appends the pieces of `text`. Tokens are what `names` finds below scores.size().
  void merge(std::string_view text, const byte_pair_merger& names, std::span<const float> scores, std::vector<piece>& pieces);

 private:
  struct node {
    std::uint32_t bytes;  // 0: swallowed by the one before
    std::uint32_t before, behind;
  };
  struct candidate {
    float score;
    std::uint32_t at, left, right;  // where, and the bytes of both when it was proposed
    [[nodiscard]] bool operator<(const candidate& other) const noexcept { return score != other.score ? score < other.score : at > other.at; }
  };
  void propose(std::string_view text, std::uint32_t at, const byte_pair_merger& names, std::span<const float> scores);

  std::vector<node> nodes_;  // by the byte where the piece begins
  std::vector<candidate> proposals_;
};

}  // namespace moesaic::decoder
