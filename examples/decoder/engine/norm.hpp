// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace moesaic::decoder {

/// out = in / sqrt(mean(in^2) + epsilon) * weight, for each row of weight.size() floats; in and out may be the same. The sum is taken in
/// double, in order.
inline void rms_norm(const float* in, float* out, std::int64_t rows, std::span<const float> weight, float epsilon) noexcept {
  const std::size_t width = weight.size();
  for (std::int64_t r = 0; r < rows; ++r, in += width, out += width) {
    double sum = 0;
    for (std::size_t i = 0; i < width; ++i) sum += static_cast<double>(in[i] * in[i]);
    const float scale = 1.0F / std::sqrt(static_cast<float>(sum / static_cast<double>(width)) + epsilon);
    for (std::size_t i = 0; i < width; ++i) out[i] = in[i] * scale * weight[i];
  }
}

/// The norm at one place of a model.
struct row_norm {
  std::vector<float> weight;
  float epsilon = 0;

  void apply(const float* in, float* out, std::int64_t rows) const noexcept { rms_norm(in, out, rows, weight, epsilon); }
};

}  // namespace moesaic::decoder
