// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include <moesaic/core/result.hpp>

namespace moesaic {

/// A policy as people type it: `name` or `name(argument,key=value)`, the same text in every program and in the C interface:
/// `lru`, `lrfu(32)`, `most_useful(in_flight=4)`. Spaces around parts are ignored. Views into the caller's text.
class spec {
 public:
  static constexpr std::size_t most_arguments = 8;
  struct argument {
    std::string_view key;  ///< empty for a positional one
    std::string_view value;
  };

  [[nodiscard]] static constexpr result<spec> parse(std::string_view text) noexcept {
    spec s;
    s.text_ = trimmed(text);
    const std::size_t open = s.text_.find('(');
    s.name_ = trimmed(s.text_.substr(0, open));
    if (s.name_.empty()) return error(error_code::bad_argument, "'", shown(text), "' names no policy; expected name or name(argument,key=value)");
    for (const char c : s.name_)
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
        return error(error_code::bad_argument, "'", shown(text), "' is no policy name: only a-z, 0-9 and _ are allowed");
    if (open == std::string_view::npos) return s;
    if (s.text_.find(')') != s.text_.size() - 1 || s.text_.find('(', open + 1) != std::string_view::npos)
      return error(error_code::bad_argument, "'", shown(text), "' needs one closing bracket, at its end, for its one opening bracket");
    std::string_view rest = s.text_.substr(open + 1, s.text_.size() - open - 2);
    if (trimmed(rest).empty()) return s;
    for (bool more = true; more;) {
      const std::size_t comma = rest.find(',');
      more = comma != std::string_view::npos;
      const std::string_view part = rest.substr(0, comma);
      if (more) rest.remove_prefix(comma + 1);
      const std::size_t equals = part.find('=');
      argument a = equals == std::string_view::npos ? argument{{}, trimmed(part)} : argument{trimmed(part.substr(0, equals)), trimmed(part.substr(equals + 1))};
      if (a.value.empty() || (equals != std::string_view::npos && a.key.empty()))
        return error(error_code::bad_argument, "'", shown(text), "' has an empty argument");
      if (s.count_ == most_arguments) return error(error_code::bad_argument, "'", shown(text), "' has more than ", most_arguments, " arguments");
      s.arguments_[s.count_++] = a;
    }
    return s;
  }

  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }
  [[nodiscard]] constexpr std::string_view name() const noexcept { return name_; }
  [[nodiscard]] constexpr std::span<const argument> arguments() const noexcept { return {arguments_.data(), count_}; }

  /// Objects to arguments nobody reads: everything but the first positional one and the keys of `known`.
  [[nodiscard]] constexpr result<void> only(std::span<const std::string_view> known, bool positional) const noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
      const argument& a = arguments_[i];
      bool fine = a.key.empty() ? positional && i == 0 : false;
      for (const std::string_view k : known) fine = fine || (!a.key.empty() && a.key == k);
      for (std::size_t j = 0; fine && j < i; ++j)
        if (!a.key.empty() && arguments_[j].key == a.key) return twice(a.key);
      if (fine) continue;
      error why(error_code::bad_argument, "'", shown(text_), "': ", shown(name_), " does not take '", shown(a.key.empty() ? a.value : a.key), "'");
      if (known.empty() && !positional) return why.append("; it takes no arguments");
      why.append("; it takes");
      if (positional) why.append(" a first number");
      for (const std::string_view k : known) why.append(" ").append(k).append("=");
      return why;
    }
    return {};
  }

  /// The number given as `key=` (or as the first positional argument, where `positional`), else `otherwise`.
  /// Outside [least, most]: an error that names the range; given both ways: an error.
  [[nodiscard]] constexpr result<std::uint64_t> number(std::string_view key, std::uint64_t otherwise, std::uint64_t least, std::uint64_t most,
                                                       bool positional = false) const noexcept {
    std::uint64_t answer = otherwise;
    bool found = false;
    for (std::size_t i = 0; i < count_; ++i) {
      const argument& a = arguments_[i];
      if (!(a.key == key && !key.empty()) && !(positional && i == 0 && a.key.empty())) continue;
      if (found) return twice(key);
      found = true;
      std::uint64_t value = 0;
      bool valid = !a.value.empty();
      for (const char c : a.value) {
        const auto digit = static_cast<std::uint64_t>(c - '0');
        valid = valid && c >= '0' && c <= '9' && value <= (std::numeric_limits<std::uint64_t>::max() - digit) / 10;
        if (valid) value = value * 10 + digit;
      }
      if (!valid || value < least || value > most)
        return error(error_code::bad_argument, "'", shown(text_), "': ", key, " has to be a whole number from ", least, " to ", most, ", got '", shown(a.value),
                     "'");
      answer = value;
    }
    return answer;
  }

 private:
  [[nodiscard]] static constexpr std::string_view trimmed(std::string_view s) noexcept {
    while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
    while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
    return s;
  }
  /// The start of a text too long for a sentence.
  [[nodiscard]] static constexpr std::string_view shown(std::string_view s) noexcept { return s.substr(0, 80); }
  [[nodiscard]] constexpr error twice(std::string_view key) const noexcept {
    return error(error_code::bad_argument, "'", shown(text_), "' gives ", shown(key), " twice");
  }
  std::string_view text_;
  std::string_view name_;
  std::array<argument, most_arguments> arguments_{};
  std::size_t count_ = 0;
};

}  // namespace moesaic
