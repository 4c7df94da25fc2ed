// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace moesaic::decoder {

/// What the patterns of byte-level tokenizers distinguish. `other` is everything else: controls, points without a
/// meaning, and bytes that are no UTF-8.
enum class character_class : std::uint8_t { other, letter, number, punctuation, mark, symbol, space };

[[nodiscard]] character_class class_of(char32_t point) noexcept;

/// One character of a text. A byte that starts no valid sequence is a character of its own, so that nothing is ever lost.
struct character {
  char32_t point = 0;
  std::uint8_t bytes = 0;  ///< 0: the text has ended
  bool valid = false;
  character_class kind = character_class::other;
};
[[nodiscard]] character character_at(std::string_view text, std::size_t at) noexcept;

/// Bytes at the end of `text` that could still become a character when more bytes follow, 0 to 3.
[[nodiscard]] std::size_t unfinished_bytes(std::string_view text) noexcept;

/// The text with every byte that is no UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);

void append_utf8(std::string& to, char32_t point);

}  // namespace moesaic::decoder
