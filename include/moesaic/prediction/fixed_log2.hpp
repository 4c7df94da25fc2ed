// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace moesaic::prediction {

/// Logarithms to base 2 as integers, in 2^-10 (1,024 is a factor of two): equal on every platform, without a math library.
inline constexpr std::int32_t octave = 1024;

namespace detail {
/// log2(1 + i / 512) in 2^-10, nearest: ten bits of a logarithm by squaring ten times.
constexpr std::array<std::int16_t, 512> make_log2_table() {
  std::array<std::int16_t, 512> table{};
  for (std::uint64_t i = 0; i < table.size(); ++i) {
    std::uint64_t x = (512 + i) << 22U;  // 31 bits after the point, in [1, 2)
    std::int32_t log = 0;
    for (int bit = 0; bit < 11; ++bit) {
      x = (x * x) >> 31U;
      log *= 2;
      if (x >= std::uint64_t{1} << 32U) {
        x >>= 1U;
        ++log;
      }
    }
    table[i] = static_cast<std::int16_t>((log + 1) / 2);
  }
  return table;
}
inline constexpr std::array<std::int16_t, 512> log2_table = make_log2_table();
}  // namespace detail

/// log2(x) in 2^-10, at most 4 of these below it; x at least 1.
///
/// Source: textbook. Mechanism: the exponent is the place of the first bit, the rest is looked up by the nine bits behind it.
/// Cost: 1 ns; a table of 1 KB. State and Ties: none. Threads: any. No knobs.
[[nodiscard]] constexpr std::int32_t fixed_log2(std::uint64_t x) noexcept {
  const int exponent = static_cast<int>(std::bit_width(x)) - 1;
  const std::uint64_t mantissa = exponent >= 9 ? x >> (exponent - 9) : x << (9 - exponent);
  return exponent * octave + detail::log2_table[mantissa & 511U];
}

}  // namespace moesaic::prediction
