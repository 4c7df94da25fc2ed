// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/core/model_shape.hpp>
#include <moesaic/core/result.hpp>

namespace moesaic::sim {

/// What a pool counts: every expert as one, or as its bytes.
enum class unit : std::uint8_t { experts, bytes };

/// How much fits, as people write it: a share of all experts (`12.5%`, an exact decimal with up to six places), or bytes
/// (`4000MiB`, `1.5GB`, `123B`; binary and decimal prefixes).
class capacity {
 public:
  [[nodiscard]] static constexpr result<capacity> parse(std::string_view text) noexcept;

  [[nodiscard]] constexpr bool in_bytes() const noexcept { return denominator_ == 0; }
  /// floor(share × whole), exactly.
  [[nodiscard]] constexpr std::uint64_t of(std::uint64_t whole) const noexcept { return part(whole, amount_, denominator_); }

  /// floor(a × b / c) where it is below 2^64, for c in [1, 2^63]: long multiplication, so that nothing overflows or rounds.
  [[nodiscard]] static constexpr std::uint64_t part(std::uint64_t a, std::uint64_t b, std::uint64_t c) noexcept {
    std::uint64_t quotient = 0, rest = 0;
    for (std::uint32_t bit = 64; bit-- > 0;) {
      quotient = quotient * 2 + (rest >= c - rest ? 1 : 0);
      rest = rest >= c - rest ? rest - (c - rest) : rest * 2;
      if ((a >> bit & 1U) == 0) continue;
      quotient += b / c + (rest >= c - b % c ? 1 : 0);
      rest = rest >= c - b % c ? rest - (c - b % c) : rest + b % c;
    }
    return quotient;
  }

  /// Room of every pool of a partition, in `counted`. A share gives each pool that part of its own experts or bytes; a pool of
  /// one layer holds at least one expert where experts are counted. Bytes are for all pools together and are split by the bytes of their experts; what
  /// rounding leaves goes byte by byte to the first pools. Bytes cannot be counted in experts,
  /// and a pool that would hold nothing is an error.
  template <eviction_groups Groups>
  [[nodiscard]] result<std::vector<std::uint64_t>> pools(const model_shape& shape, const Groups& groups, unit counted) const;

 private:
  std::uint64_t amount_ = 0;       ///< the share's numerator, or bytes
  std::uint64_t denominator_ = 0;  ///< the share's, 100 × 10^places; 0: `amount_` is bytes
};

constexpr result<capacity> capacity::parse(std::string_view text) noexcept {
  const auto wrong = [&](std::string_view what) {
    return error(error_code::bad_argument, "capacity '", text, "' ", what, "; expected a share like 12.5% or bytes like 4000MiB");
  };
  std::uint64_t digits = 0, places = 1;
  std::size_t at = 0;
  bool any = false, point = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !point) {
      point = true;
      continue;
    }
    if (text[at] < '0' || text[at] > '9') break;
    if (point && text[at] == '0' && text.find_first_not_of('0', at) == text.find_first_not_of("0123456789", at)) continue;
    if (digits > 99'999'999'999'999 || (point && places >= 1'000'000)) return wrong("has too many digits");
    digits = digits * 10 + static_cast<std::uint64_t>(text[at] - '0');
    places *= point ? 10 : 1;
    any = true;
  }
  if (!any) return wrong("is no number");
  std::string_view suffix = text.substr(at);
  capacity c;
  if (suffix == "%") {
    c.amount_ = digits;
    c.denominator_ = 100 * places;
    if (digits == 0) return wrong("holds nothing");
    if (digits > c.denominator_) return wrong("is more than all experts");
    return c;
  }
  constexpr std::pair<std::string_view, std::uint64_t> units[] = {{"B", 1},
                                                                  {"kB", 1'000},
                                                                  {"KB", 1'000},
                                                                  {"MB", 1'000'000},
                                                                  {"GB", 1'000'000'000},
                                                                  {"TB", 1'000'000'000'000},
                                                                  {"KiB", 1ULL << 10U},
                                                                  {"MiB", 1ULL << 20U},
                                                                  {"GiB", 1ULL << 30U},
                                                                  {"TiB", 1ULL << 40U}};
  for (const auto& [name, size] : units) {
    if (suffix != name) continue;
    const std::uint64_t whole = digits / places, rest = digits % places;
    if (whole > (std::uint64_t{1} << 55U) / size) return wrong("is more than 2^55 bytes");
    c.amount_ = whole * size + rest * size / places;
    if (c.amount_ == 0) return wrong("holds nothing");
    return c;
  }
  return wrong(suffix.empty() ? "has no unit" : "has an unknown unit");
}

template <eviction_groups Groups>
result<std::vector<std::uint64_t>> capacity::pools(const model_shape& shape, const Groups& groups, unit counted) const {
  if (in_bytes() && counted == unit::experts)
    return error(error_code::bad_argument, "a capacity of ", amount_, " bytes cannot be counted in experts; count bytes");
  std::vector<std::uint64_t> whole(groups.count(shape));
  for (std::uint32_t l = 0; l < shape.layers(); ++l)
    for (std::uint32_t e = 0; e < shape.experts(static_cast<layer_index>(l)); ++e) {
      const expert_id id = make_expert(l, e);
      whole[groups.group_of(shape, id)] += counted == unit::bytes ? shape.size_of(id).count : 1;
    }
  std::vector<std::uint64_t> room(whole.size());
  std::uint64_t given = 0;
  for (std::size_t g = 0; g < whole.size(); ++g) {
    if (in_bytes()) {
      room[g] = part(amount_, whole[g], shape.total().count);
    } else {
      room[g] = of(whole[g]);
      if (counted == unit::experts && room[g] == 0 && (room.size() > 1 || shape.layers() == 1)) room[g] = 1;
    }
    given += room[g];
  }
  if (in_bytes())
    for (std::size_t g = 0; given < amount_; g = (g + 1) % room.size(), ++given) ++room[g];
  for (std::size_t g = 0; g < room.size(); ++g)
    if (room[g] == 0)
      return error(error_code::bad_argument, "capacity of nothing: pool ", g, " would hold none of its ", whole[g],
                   counted == unit::bytes ? " bytes" : " experts", "; take a larger capacity");
  return room;
}

static_assert(capacity::parse("12.5%")->of(64) == 8 && capacity::parse("6.25%")->of(32) == 2);
static_assert(capacity::parse("33.3%")->of(1'000) == 333 && capacity::parse("100%")->of(~std::uint64_t{}) == ~std::uint64_t{});

}  // namespace moesaic::sim
