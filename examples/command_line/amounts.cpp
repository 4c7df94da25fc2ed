// SPDX-License-Identifier: MIT
#include "amounts.hpp"

#include <array>
#include <charconv>
#include <system_error>
#include <utility>

namespace moesaic::command_line {
namespace {

// A decimal number as top / bottom, bottom a power of ten; at most 18 digits, so both fit.
struct decimal {
  std::uint64_t top = 0;
  std::uint64_t bottom = 1;
  std::string_view rest;  // what follows the number
};

std::optional<decimal> parse_decimal(std::string_view text) noexcept {
  decimal d;
  std::size_t digits = 0;
  std::size_t at = 0;
  bool behind_point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !behind_point) {
      behind_point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    if (++digits > 18) return std::nullopt;
    d.top = d.top * 10 + static_cast<std::uint64_t>(c - '0');
    if (behind_point) d.bottom *= 10;
  }
  if (digits == 0) return std::nullopt;
  d.rest = text.substr(at);
  while (!d.rest.empty() && d.rest.front() == ' ') d.rest.remove_prefix(1);
  return d;
}

// floor(a * b / c) without losing bits; saturates.
std::uint64_t scaled(std::uint64_t a, std::uint64_t b, std::uint64_t c) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide exact = wide{a} * b / c;
  return exact > UINT64_MAX ? UINT64_MAX : static_cast<std::uint64_t>(exact);
}

std::optional<std::uint64_t> unit(std::string_view name) noexcept {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 14> units{{
      {"", 1},
      {"B", 1},
      {"kB", 1'000},
      {"KB", 1'000},
      {"MB", 1'000'000},
      {"GB", 1'000'000'000},
      {"TB", 1'000'000'000'000},
      {"KiB", 1ULL << 10U},
      {"MiB", 1ULL << 20U},
      {"GiB", 1ULL << 30U},
      {"TiB", 1ULL << 40U},
      {"K", 1ULL << 10U},
      {"M", 1ULL << 20U},
      {"G", 1ULL << 30U},
  }};
  for (const auto& [known, bytes_each] : units)
    if (name == known) return bytes_each;
  return std::nullopt;
}

}  // namespace

result<budget_text> budget_text::parse(std::string_view text) {
  budget_text b;
  if (text == "all") return b;
  if (const auto d = parse_decimal(text); d && d->rest == "%") {
    b.kind_ = kind::share;
    b.top_ = d->top;
    b.bottom_ = d->bottom * 100;
    if (d->bottom > 10'000'000'000'000'000U || d->top > d->bottom * 100)
      return error(error_code::bad_argument, "--budget ", text, " is more than all experts; give at most 100% (or 'all', which also holds the staging)");
    return b;
  }
  const auto amount = parse_bytes(text, "--budget");
  if (!amount) return error(error_code::bad_argument, "--budget cannot be '", text, "'; give all, a share like 25%, or an amount like 512MiB");
  b.kind_ = kind::amount;
  b.top_ = amount->count;
  return b;
}

bytes budget_text::of(bytes total) const noexcept {
  if (kind_ == kind::everything) return total;
  return {kind_ == kind::amount ? top_ : scaled(total.count, top_, bottom_)};
}

std::optional<std::uint64_t> whole_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

result<std::uint64_t> whole_number(std::string_view what, std::string_view text, std::uint64_t least, std::uint64_t most) {
  if (const auto value = whole_number(text, least, most)) return *value;
  return error(error_code::bad_argument, what, " '", text.substr(0, 80), "': expected a whole number from ", least, " to ", most);
}

result<bytes> parse_bytes(std::string_view text, std::string_view what) {
  const auto d = parse_decimal(text);
  const auto each = d ? unit(d->rest) : std::nullopt;
  if (!each) return error(error_code::bad_argument, what, " cannot be '", text, "'; give an amount like 512MiB or 500MB");
  return bytes{scaled(d->top, *each, d->bottom)};
}

result<bytes_per_second> parse_rate(std::string_view text, std::string_view what) {
  std::string_view amount = text;
  if (amount.ends_with("/s")) amount.remove_suffix(2);
  const auto rate = parse_bytes(amount, what);
  if (!rate || rate->count == 0) return error(error_code::bad_argument, what, " cannot be '", text, "'; give a rate like 500MB/s");
  return bytes_per_second{static_cast<double>(rate->count)};
}

result<std::vector<token_id>> parse_ids(std::string_view text, std::string_view what) {
  std::vector<token_id> ids;
  const std::string_view gaps = ", \t\r\n\v\f";
  for (std::size_t at = text.find_first_not_of(gaps); at != std::string_view::npos; at = text.find_first_not_of(gaps, at)) {
    const std::size_t end = std::min(text.find_first_of(gaps, at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const auto d = parse_decimal(word);
    if (!d || d->bottom != 1 || !d->rest.empty() || word.find('.') != std::string_view::npos || d->top > INT32_MAX)
      return error(error_code::bad_argument, what, " holds '", word.substr(0, 40), "' as its id number ", ids.size() + 1,
                   "; expected whole numbers with commas or blanks between them");
    ids.push_back(static_cast<token_id>(d->top));
    at = end;
  }
  return ids;
}

}  // namespace moesaic::command_line
