// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cfloat>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/utility.hpp>

namespace moesaic {

/// A use count that halves every `half_life` tokens, F ← F·2^(−Δ/h) + 1, as of token 0: each use at token t adds 2^(t/h), so
/// counts compare with each other at any time without being touched, and decaying to now multiplies all of them alike.
/// The count is value × 2^(512 · epoch), its epoch that of the last use. Adding is one IEEE addition of two numbers that
/// are not negative: exactly rounded, with no second operation for a compiler to contract or reorder, and so equal on every
/// platform. It is a third of the time of the same sum in two integers.
/// Rounding: less than 2^-52 relative per use. Source: LRFU (Lee et al. 2001) with λ = 1/h; this form is ours.
struct decayed_count {
  static constexpr std::uint32_t half_lives_per_epoch = 512;  ///< leaves room for 2^511 uses above, and never rounds below

  double value = 0;
  std::int64_t epoch = 0;

  friend constexpr bool operator==(decayed_count, decayed_count) = default;

  constexpr decayed_count& operator+=(decayed_count more) noexcept {
    if (epoch != more.epoch) {
      if (epoch < more.epoch) std::swap(*this, more);
      more.value = epoch - more.epoch == 1 ? more.value * an_epoch_ago : 0;  // two epochs are beyond the last bit
    }
    value += more.value;
    return *this;
  }

  /// The count as one number that compares like it: its binary exponent above 40 bits of mantissa. Never used: the lowest.
  /// Saturates one epoch before 2^23 half-lives (268 million tokens at 32): from there on all used experts are worth the same.
  [[nodiscard]] constexpr utility worth() const noexcept {
    constexpr std::int64_t bias = std::int64_t{1023} << 40U, per_epoch = std::int64_t{half_lives_per_epoch} << 40U;
    if (value == 0) return utility::lowest();
    if (epoch >= (1 << 14) - 1) return utility::highest();
    return {(std::bit_cast<std::int64_t>(value) >> 12U) - bias + epoch * per_epoch};
  }

 private:
  static constexpr double an_epoch_ago = std::bit_cast<double>(std::uint64_t{1023 - half_lives_per_epoch} << 52U);
  static_assert(std::numeric_limits<double>::is_iec559 && FLT_EVAL_METHOD == 0,
                "decayed counts need IEEE doubles without excess precision (on 32-bit x86: -mfpmath=sse)");
};

/// Gives what one use at a token is worth, 2^(t/h), for a fixed half-life of 1 to 65,536 tokens.
/// Cost: h × 8 bytes made at construction; O(1) per call.
class decay_clock {
 public:
  decay_clock() = default;
  explicit decay_clock(std::uint32_t half_life) : powers_(half_life) {
    std::array<std::uint64_t, 62> roots{};  // 2^(1/2), 2^(1/4), ... with 62 bits after the point
    std::uint64_t root = std::uint64_t{1} << 63U;
    for (std::uint64_t& r : roots) r = root = square_root(root);
    for (std::uint32_t i = 0; i < half_life; ++i)  // from 62 bits after the point to the 52 of a double, nearest; its leading one is the exponent's
      powers_[i] = (std::uint64_t{1022} << 52U) + ((power_of_two(i, half_life, roots) + (1U << 9U)) >> 10U);
  }
  [[nodiscard]] decayed_count use_at(token_index t) const noexcept {
    const std::uint64_t h = powers_.size(), halvings = t.count / h;
    return {std::bit_cast<double>(powers_[t.count % h] + (halvings % decayed_count::half_lives_per_epoch << 52U)),
            static_cast<std::int64_t>(halvings / decayed_count::half_lives_per_epoch)};
  }

 private:
  /// 2^(i / h) for i < h with 62 bits after the point: the product of the roots of 2 that i / h names in binary.
  [[nodiscard]] static constexpr std::uint64_t power_of_two(std::uint64_t i, std::uint64_t h, std::span<const std::uint64_t> roots) noexcept {
    std::uint64_t product = std::uint64_t{1} << 62U;
    for (const std::uint64_t root : roots) {
      i *= 2;
      if (i < h) continue;
      i -= h;
      product = times(product, root);
    }
    return product;
  }
  /// a·b / 2^62 without a 128-bit type.
  [[nodiscard]] static constexpr std::uint64_t times(std::uint64_t a, std::uint64_t b) noexcept {
    const std::uint64_t a1 = a >> 32U, a0 = a & 0xFFFF'FFFFU, b1 = b >> 32U, b0 = b & 0xFFFF'FFFFU;
    const std::uint64_t low = a0 * b0, mid1 = a1 * b0, mid2 = a0 * b1;
    const std::uint64_t carry = ((low >> 32U) + (mid1 & 0xFFFF'FFFFU) + (mid2 & 0xFFFF'FFFFU));
    const std::uint64_t high = a1 * b1 + (mid1 >> 32U) + (mid2 >> 32U) + (carry >> 32U);
    return high << 2U | (carry & 0xFFFF'FFFFU) >> 30U;
  }
  /// √(a / 2^62) · 2^62, rounded down, for a in [2^62, 2^63]: the largest r with r·r / 2^62 ≤ a, bit by bit.
  [[nodiscard]] static constexpr std::uint64_t square_root(std::uint64_t a) noexcept {
    std::uint64_t root = 0;
    for (std::uint32_t bit = 63; bit-- > 0;) {
      const std::uint64_t tried = root | std::uint64_t{1} << bit;
      if (times(tried, tried) <= a && tried < (std::uint64_t{1} << 63U)) root = tried;
    }
    return root;
  }
  std::vector<std::uint64_t> powers_;  ///< 2^(i/h) as the bits of a double in [1, 2)
};

}  // namespace moesaic
