// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "symbol_table.hpp"

namespace moesaic::decoder {

/// Byte-pair merging over numbered symbols. Tokens of the vocabulary are the symbols 0 to n-1; strings that only occur on the way
/// (a merge list may pass through them) and bytes without a token get numbers behind.
class byte_pair_merger {
 public:
  static constexpr std::uint32_t none = symbol_table::none;

  /// Names the next symbol. Of equal texts the first keeps the lookup.
  std::uint32_t add_symbol(std::string_view text) { return symbols_.add(text); }
  /// The same for a text that merging must never find: a token that only stands for itself.
  void add_unfindable(std::string_view text) { symbols_.add(text, false); }
  /// The symbol of a text, made if there is none.
  std::uint32_t symbol_of(std::string_view text);
  /// Pairs are added in order of rank, best first. Of equal pairs the first counts.
  void add_merge(std::string_view left, std::string_view right);

  [[nodiscard]] std::string_view text(std::uint32_t symbol) const noexcept { return symbols_.text(symbol); }
  /// The symbol with exactly this text, or `none`.
  [[nodiscard]] std::uint32_t find(std::string_view text) const noexcept { return symbols_.find(text); }

  /// Starts from single bytes and merges the pair of the best rank, the leftmost of equals, until none is left; appends what
  /// remains. Cost: O(n log n) for n bytes.
  void merge(std::string_view piece, std::vector<std::uint32_t>& symbols);

 private:
  struct joined {
    std::uint32_t rank = none;
    std::uint32_t symbol = none;
  };
  struct node {
    std::uint32_t symbol;
    std::uint32_t before;
    std::uint32_t behind;
  };
  struct candidate {
    std::uint32_t rank;
    std::uint32_t at;    // node of the left half
    std::uint32_t left;  // the symbols it was proposed for: a stale proposal is recognised by them
    std::uint32_t right;
  };
  [[nodiscard]] static std::uint64_t pair_key(std::uint32_t left, std::uint32_t right) noexcept { return std::uint64_t{left} << 32U | right; }
  [[nodiscard]] static std::array<std::uint32_t, 256> none_yet() noexcept {
    std::array<std::uint32_t, 256> all{};
    all.fill(none);
    return all;
  }
  [[nodiscard]] std::uint32_t byte_symbol(char byte);
  void propose(std::uint32_t at);

  symbol_table symbols_;
  std::array<std::uint32_t, 256> of_byte_ = none_yet();
  std::unordered_map<std::uint64_t, joined> merges_;
  std::uint32_t ranks_ = 0;
  std::vector<node> nodes_;           // of the piece being merged
  std::vector<candidate> proposals_;  // a heap
};

}  // namespace moesaic::decoder
