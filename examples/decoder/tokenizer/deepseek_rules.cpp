// SPDX-License-Identifier: MIT
#include "deepseek_rules.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "text_runs.hpp"

namespace moesaic::decoder {
namespace {

constexpr std::pair<char32_t, char32_t> listed_letters[] = {
#include "deepseek_letters.inc"
};

/// What stands behind one character of white space, if any is there: the end of its run, `at` where none starts.
template <class Belongs>
std::size_t behind_space(std::string_view text, std::size_t at, Belongs belongs) noexcept {
  const character first = character_at(text, at);
  const std::size_t start = first.kind == character_class::space ? at + first.bytes : at;
  const std::size_t end = end_of(text, start, belongs);
  return end == start ? at : end;
}

bool is_listed_letter(const character& c) noexcept {
  if (!c.valid) return false;
  const auto* const after =
      std::upper_bound(std::begin(listed_letters), std::end(listed_letters), c.point, [](char32_t point, const auto& range) { return point < range.first; });
  return after != std::begin(listed_letters) && c.point <= std::prev(after)->second;
}

bool is_ascii_letter(const character& c) noexcept { return is_within(c, 'A', 'Z') || is_within(c, 'a', 'z'); }
bool is_word(const character& c) noexcept { return c.kind == character_class::letter || c.kind == character_class::mark; }
bool is_sign(const character& c) noexcept { return c.kind == character_class::punctuation || c.kind == character_class::symbol; }

std::size_t next_deepseek_v3(std::string_view text, std::size_t at) noexcept {
  const character first = character_at(text, at);
  const std::size_t second_at = at + first.bytes;
  const character second = character_at(text, second_at);
  if (is_sign(first) && first.point < 0x80 && is_ascii_letter(second)) return end_of(text, second_at, is_ascii_letter);
  if (is_word(first)) return end_of(text, at, is_word);
  if (!is_newline(first) && !is_sign(first) && is_word(second)) return end_of(text, second_at, is_word);
  const std::size_t start = first.point == ' ' ? second_at : at;
  const std::size_t end = end_of(text, start, is_sign);
  return end == start ? end_of_lines(text, at) : end_of(text, end, is_newline);
}

}  // namespace

void cut_deepseek_llm(std::string_view text, std::vector<std::string_view>& out) {
  std::vector<std::string_view> pieces{text};
  std::vector<std::string_view> scratch;
  separate(pieces, scratch, [](std::string_view t, std::size_t at) { return end_of(t, at, is_newline, 1); });
  separate(pieces, scratch, [](std::string_view t, std::size_t at) { return behind_space(t, at, is_listed_letter); });
  separate(pieces, scratch, [](std::string_view t, std::size_t at) {
    return behind_space(t, at, [](const character& c) {
      return c.valid && (is_within(c, '!', '/') || is_within(c, ':', '~') || is_within(c, 0xFF01, 0xFF0F) || is_within(c, 0xFF1A, 0xFF5E) ||
                         is_within(c, 0x2018, 0x201F) || is_within(c, 0x3001, 0x3002));
    });
  });
  scratch.clear();
  for (const std::string_view piece : pieces) {  // one look at each piece: separate would look at a long run from each of its places
    std::size_t kept = 0;
    for (std::size_t at = 0; at < piece.size();) {
      const character c = character_at(piece, at);
      at += c.bytes;
      if (c.kind != character_class::space) kept = at;
    }
    if (kept != 0) scratch.push_back(piece.substr(0, kept));
    if (kept != piece.size()) scratch.push_back(piece.substr(kept));
  }
  pieces.swap(scratch);
  separate(pieces, scratch, [](std::string_view t, std::size_t at) {
    return end_of(t, at, [](const character& c) { return c.kind != character_class::space && (is_within(c, 0x0800, 0x9FA5) || is_within(c, 0xAC00, 0xD7FF)); });
  });
  separate(pieces, scratch, [](std::string_view t, std::size_t at) { return end_of_run(t, at, character_class::number); });
  out.insert(out.end(), pieces.begin(), pieces.end());
}

void cut_deepseek_v3(std::string_view text, std::vector<std::string_view>& out) {
  std::vector<std::string_view> pieces{text};
  std::vector<std::string_view> scratch;
  separate(pieces, scratch, [](std::string_view t, std::size_t at) { return end_of_run(t, at, character_class::number, 3); });
  separate(pieces, scratch, [](std::string_view t, std::size_t at) {
    return end_of(t, at, [](const character& c) { return is_within(c, 0x4E00, 0x9FA5) || is_within(c, 0x3040, 0x30FF); });
  });
  separate(pieces, scratch, [](std::string_view t, std::size_t at) { return next_deepseek_v3(t, at); });
  out.insert(out.end(), pieces.begin(), pieces.end());
}

}  // namespace moesaic::decoder
