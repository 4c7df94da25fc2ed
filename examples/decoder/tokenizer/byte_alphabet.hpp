// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "unicode.hpp"

namespace moesaic::decoder {

/// Byte-level vocabularies are written with one printable character for each byte: those that are printable in Latin-1 stand
/// for themselves, the other 68 are numbered from U+0100 on.
/// Answers the bytes behind such a text; nothing if it holds another character.
[[nodiscard]] inline std::optional<std::string> bytes_behind(std::string_view text) {
  static constexpr auto byte_of = [] {
    std::array<int, 0x144> table{};
    char32_t next = 0x100;
    table.fill(-1);
    for (int b = 0; b < 256; ++b) {
      const bool printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      table[printable ? static_cast<std::size_t>(b) : next++] = b;
    }
    return table;
  }();
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const character c = character_at(text, at);
    if (!c.valid || c.point >= byte_of.size() || byte_of[c.point] < 0) return std::nullopt;
    out.push_back(static_cast<char>(byte_of[c.point]));
    at += c.bytes;
  }
  return out;
}

}  // namespace moesaic::decoder
