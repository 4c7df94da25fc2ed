// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace moesaic::decoder {

/// e^x within 2 units in the last place, 0 below -87 and e^88 above 88; not a number stays one. Straight-line arithmetic, so that
/// loops over it become vector code: attention over a long context spends more time here than in its dot products otherwise.
/// x = n ln 2 + r with |r| <= ln 2 / 2; 2^n by its exponent bits, e^r by a polynomial.
[[nodiscard]] inline float fast_exp(float x) noexcept {
  const float in = std::min(std::max(x, -87.0F), 88.0F);
  constexpr float to_whole = 12'582'912.0F;           // 1.5 * 2^23: adding it rounds to a whole number
  const float shifted = in * 1.44269504F + to_whole;  // / ln 2
  const float n = shifted - to_whole;
  const float r = (in - n * 0.693359375F) + n * 2.12194440e-4F;  // ln 2 in two parts, the first one exact in few bits
  const auto bits = (std::bit_cast<std::uint32_t>(shifted) << 23U) + std::bit_cast<std::uint32_t>(1.0F);
  const float power = std::bit_cast<float>(bits);
  float high = 1.9875691500e-4F;  // (e^r - 1 - r) / r^2, a minimax polynomial
  high = high * r + 1.3981999507e-3F;
  high = high * r + 8.3334519073e-3F;
  high = high * r + 4.1665795894e-2F;
  high = high * r + 1.6666665459e-1F;
  high = high * r + 5.0000001201e-1F;
  const float result = power + power * (high * (r * r) + r);
  return x < -87.0F ? 0.0F : result;
}

/// values[i] = e^(scale * values[i] - largest) / sum of them, in place. The sum's order is fixed by `count` alone.
inline void softmax(float* values, std::int64_t count, float scale) noexcept {
  float largest = -INFINITY;
  for (std::int64_t j = 0; j < count; ++j) {
    values[j] *= scale;
    largest = std::max(largest, values[j]);
  }
  for (std::int64_t j = 0; j < count; ++j) values[j] = fast_exp(values[j] - largest);
  double lanes[8] = {};  // one sum would wait for itself at every step
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (std::int64_t lane = 0; lane < 8; ++lane) lanes[lane] += static_cast<double>(values[i + lane]);
  for (; i < count; ++i) lanes[0] += static_cast<double>(values[i]);
  const double sum = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
  const auto share = static_cast<float>(1.0 / sum);
  for (i = 0; i < count; ++i) values[i] *= share;
}

}  // namespace moesaic::decoder
