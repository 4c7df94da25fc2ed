// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "unicode.hpp"

namespace moesaic::decoder {

/// What most patterns call a run: punctuation, marks and symbols are no classes of their own there.
inline character_class run_class(const character& c) noexcept {
  const bool own = c.kind == character_class::letter || c.kind == character_class::number || c.kind == character_class::space;
  return own ? c.kind : character_class::other;
}
inline bool is_within(const character& c, char32_t first, char32_t last) noexcept { return c.point >= first && c.point <= last; }
inline bool is_newline(const character& c) noexcept { return c.point == '\r' || c.point == '\n'; }

/// Behind the characters from `at` on that belong(character), `most` of them at the most.
template <class Belongs>
std::size_t end_of(std::string_view text, std::size_t at, Belongs belongs, std::size_t most = SIZE_MAX) noexcept {
  for (std::size_t taken = 0; taken < most; ++taken) {
    const character c = character_at(text, at);
    if (c.bytes == 0 || !belongs(c)) break;
    at += c.bytes;
  }
  return at;
}
inline std::size_t end_of_run(std::string_view text, std::size_t at, character_class kind, std::size_t most = SIZE_MAX) noexcept {
  return end_of(text, at, [kind](const character& c) { return run_class(c) == kind; }, most);
}

/// The end of a piece that starts with white space: a run leaves its last character to the word behind it.
inline std::size_t end_of_space(std::string_view text, std::size_t at) noexcept {
  std::size_t end = at;
  std::size_t last = at;
  for (character c = character_at(text, end); c.kind == character_class::space && c.bytes != 0; c = character_at(text, end)) {
    last = end;
    end += c.bytes;
  }
  return end == text.size() || last == at ? end : last;
}

/// The same where line ends stay with the white space before them.
inline std::size_t end_of_lines(std::string_view text, std::size_t at) noexcept {
  std::size_t after_newline = 0;
  std::size_t end = at;
  for (character c = character_at(text, at); c.kind == character_class::space && c.bytes != 0; c = character_at(text, end)) {
    end += c.bytes;
    if (is_newline(c)) after_newline = end;
  }
  return after_newline != 0 ? after_newline : end_of_space(text, at);
}

/// Cuts each piece at the runs that `next` finds: next(text, at) answers the end of a run that starts at `at`, or `at` for none.
template <class Next>
void separate(std::vector<std::string_view>& pieces, std::vector<std::string_view>& scratch, Next next) {
  scratch.clear();
  for (const std::string_view piece : pieces) {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < piece.size();) {
      const std::size_t end = next(piece, at);
      if (end == at) {
        at += character_at(piece, at).bytes;
        continue;
      }
      if (at > kept) scratch.push_back(piece.substr(kept, at - kept));
      scratch.push_back(piece.substr(at, end - at));
      at = kept = end;
    }
    if (kept < piece.size()) scratch.push_back(piece.substr(kept));
  }
  pieces.swap(scratch);
}

}  // namespace moesaic::decoder
