// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace moesaic::decoder {

/// values[i] = exp(scale * values[i] - largest) / sum of them, in place. The sum is taken in double, in order.
inline void softmax(float* values, std::int64_t count, float scale) noexcept {
  float largest = -INFINITY;
  for (std::int64_t i = 0; i < count; ++i) {
    values[i] *= scale;
    largest = std::max(largest, values[i]);
  }
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    values[i] = std::exp(values[i] - largest);
    sum += static_cast<double>(values[i]);
  }
  const auto share = static_cast<float>(1.0 / sum);
  for (std::int64_t i = 0; i < count; ++i) values[i] *= share;
}

}  // namespace moesaic::decoder
