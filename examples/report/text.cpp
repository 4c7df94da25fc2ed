// SPDX-License-Identifier: MIT
#include "text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>

namespace moesaic::report {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Bytes of the character that starts at `at`; 0 where none does.
std::size_t length_of_character(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80U) return 1;
  if (first >= 0xC2U && first <= 0xDFU) return follows(1) ? 2 : 0;
  if (first >= 0xE0U && first <= 0xEFU) {
    const bool overlong = first == 0xE0U && second < 0xA0U, surrogate = first == 0xEDU && second >= 0xA0U;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0U && first <= 0xF4U) {
    const bool overlong = first == 0xF0U && second < 0x90U, beyond = first == 0xF4U && second >= 0x90U;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

struct unit {
  double size;
  std::string_view name;
};

template <std::size_t N>
std::string in_units(double value, const std::array<unit, N>& units) {
  for (const unit& u : units)
    if (value >= u.size) return short_number(value / u.size).append(" ").append(u.name);
  return short_number(value / units.back().size).append(" ").append(units.back().name);
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = length_of_character(text, at);
    const char c = text[at];
    const bool control = static_cast<unsigned char>(c) < 0x20U && c != '\n' && c != '\t';
    if (length == 0 || control || c == '\x7F')
      out += replacement;
    else if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else
      out += text.substr(at, length);
    at += length == 0 ? 1 : length;
  }
  return out;
}

std::string short_number(double value) {
  if (!(value > 0)) return value < 0 ? "-" + short_number(-value) : "0";
  int digits = 2;
  for (double power = 10; value >= power && digits > 0; power *= 10) --digits;
  for (double power = 1; value < power && digits < 12; power /= 10) ++digits;
  // Rounded by hand, ties upwards: printf and JavaScript differ in them.
  double scale = 1;
  for (int i = 0; i < digits; ++i) scale *= 10;
  return fmt::format("{:.{}f}", std::floor(value * scale + 0.5) / scale, digits);
}

std::string seconds_text(double seconds) { return seconds > 0 ? in_units(seconds, std::array<unit, 3>{{{1, "s"}, {1e-3, "ms"}, {1e-6, "\xC2\xB5s"}}}) : "0 s"; }

std::string bytes_text(double bytes) {
  return bytes > 0 ? in_units(bytes, std::array<unit, 5>{{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "B"}}}) : "0 B";
}

std::string percent_text(double ratio) { return fmt::format("{:.2f} %", 100 * ratio); }

std::string whole_percent_text(double ratio) { return fmt::format("{:.0f} %", 100 * ratio); }

std::string count_text(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t left = digits.size(); left > 3;) digits.insert(left -= 3, "\xE2\x80\xAF");  // a narrow space that does not break
  return digits;
}

double axis_end(double value) {
  if (!(value > 0)) return 1;
  double power = 1;
  while (power * 10 <= value) power *= 10;
  while (power > value) power /= 10;
  for (const double mantissa : {1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0})
    if (mantissa * power >= value) return mantissa * power;
  return 10 * power;
}

}  // namespace moesaic::report
