// SPDX-License-Identifier: MIT
#include "unicode.hpp"

#include <algorithm>
#include <iterator>

namespace moesaic::decoder {
namespace {

constexpr std::uint32_t category_changes[] = {
#include "unicode_table.inc"
};

constexpr bool is_space(char32_t p) noexcept {
  return (p >= 0x09 && p <= 0x0D) || p == 0x20 || p == 0x85 || p == 0xA0 || p == 0x1680 || (p >= 0x2000 && p <= 0x200A) || p == 0x2028 || p == 0x2029 ||
         p == 0x202F || p == 0x205F || p == 0x3000;
}

/// Length that a first byte announces; 0 for a byte that starts nothing.
constexpr std::size_t announced(unsigned char first) noexcept {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

/// Whether `next` may stand second behind `first`: excludes overlong forms, surrogates and points above U+10FFFF.
constexpr bool fits_second(unsigned char first, unsigned char next) noexcept {
  if (first == 0xE0) return next >= 0xA0 && next <= 0xBF;
  if (first == 0xED) return next >= 0x80 && next <= 0x9F;
  if (first == 0xF0) return next >= 0x90 && next <= 0xBF;
  if (first == 0xF4) return next >= 0x80 && next <= 0x8F;
  return next >= 0x80 && next <= 0xBF;
}

}  // namespace

character_class class_of(char32_t point) noexcept {
  if (is_space(point)) return character_class::space;
  if (point > 0x10FFFF) return character_class::other;
  const auto wanted = static_cast<std::uint32_t>(point) * 8 + 7;
  const auto* const after = std::upper_bound(std::begin(category_changes), std::end(category_changes), wanted);
  return static_cast<character_class>(*std::prev(after) % 8);
}

character character_at(std::string_view text, std::size_t at) noexcept {
  if (at >= text.size()) return {};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true, class_of(first)};
  const std::size_t length = announced(first);
  const character broken{first, 1, false, character_class::other};
  if (length == 0 || at + length > text.size() || !fits_second(first, byte(1))) return broken;
  char32_t point = static_cast<char32_t>(first & (0x7FU >> length));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return broken;
    point = point << 6U | (byte(i) & 0x3FU);
  }
  return {point, static_cast<std::uint8_t>(length), true, class_of(point)};
}

std::size_t unfinished_bytes(std::string_view text) noexcept {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto lead = static_cast<unsigned char>(text[text.size() - back]);
    if ((lead & 0xC0U) == 0x80U) continue;
    if (announced(lead) <= back) return 0;
    if (back > 1 && !fits_second(lead, static_cast<unsigned char>(text[text.size() - back + 1]))) return 0;
    return back;
  }
  return 0;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const character c = character_at(text, at);
    if (c.valid)
      out.append(text.substr(at, c.bytes));
    else
      append_utf8(out, 0xFFFD);
    at += c.bytes;
  }
  return out;
}

void append_utf8(std::string& to, char32_t point) {
  const auto put = [&](char32_t byte) { to.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6U);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12U);
    put(0x80 | (point >> 6U & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18U);
    put(0x80 | (point >> 12U & 0x3F));
    put(0x80 | (point >> 6U & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

}  // namespace moesaic::decoder
