// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

#include <moesaic/core/quantity.hpp>

namespace moesaic::trace {

/// The fields of a line, from the front: what stands between separators, empty ones too. With a space as separator, runs of
/// spaces and tabs separate and there are no empty fields.
class text_fields {
 public:
  text_fields(std::string_view line, char separator) noexcept : rest_(line), separator_(separator) {}

  [[nodiscard]] std::optional<std::string_view> next() noexcept {
    if (separator_ == ' ') {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
      more_ = more_ && !rest_.empty();
    }
    if (!more_) return std::nullopt;
    const std::size_t end = separator_ == ' ' ? rest_.find_first_of(" \t") : rest_.find(separator_);
    const std::string_view field = rest_.substr(0, end);
    more_ = end != std::string_view::npos;
    rest_.remove_prefix(more_ ? end + 1 : rest_.size());
    return field;
  }

 private:
  std::string_view rest_;
  char separator_;
  bool more_ = true;
};

[[nodiscard]] inline std::string_view without_spaces(std::string_view text) noexcept {
  const std::size_t from = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(from, text.find_last_not_of(" \t") + 1 - from);
}

/// The whole of `text` as an integer in range of `Number`, or nothing.
template <class Number>
[[nodiscard]] std::optional<Number> whole_number(std::string_view text) noexcept {
  Number value{};
  text = without_spaces(text);
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A gate weight: a finite number from 0 to 65535, rounded to units of 2^-16. Nothing for everything else.
[[nodiscard]] inline std::optional<gate_mass> weight_of(double value) noexcept {
  if (!(value >= 0) || value > 65'535) return std::nullopt;
  return gate_mass{static_cast<std::uint32_t>(std::lround(value * 65'536.0))};
}
[[nodiscard]] inline std::optional<double> real_number(std::string_view text) noexcept {
  double value = 0;
  text = without_spaces(text);
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace moesaic::trace
