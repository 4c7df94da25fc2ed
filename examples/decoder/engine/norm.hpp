// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace moesaic::decoder {

/// out = in / sqrt(mean(in^2) + epsilon) * weight, for each row of weight.size() floats; in and out may be the same. The sum
/// is taken in double, in an order fixed by the width.
inline void rms_norm(const float* in, float* out, std::int64_t rows, std::span<const float> weight, float epsilon) noexcept {
  const std::size_t width = weight.size();
  for (std::int64_t r = 0; r < rows; ++r, in += width, out += width) {
    double lanes[8] = {};  // one sum would wait for itself at every step
    std::size_t i = 0;
    for (; i + 8 <= width; i += 8)
      for (std::size_t lane = 0; lane < 8; ++lane) lanes[lane] += static_cast<double>(in[i + lane] * in[i + lane]);
    for (; i < width; ++i) lanes[0] += static_cast<double>(in[i] * in[i]);
    const double sum = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
    const float scale = 1.0F / std::sqrt(static_cast<float>(sum / static_cast<double>(width)) + epsilon);
    for (i = 0; i < width; ++i) out[i] = in[i] * scale * weight[i];
  }
}

/// The norm at one place of a model. It may have a bias.
struct row_norm {
  std::vector<float> weight;
  float epsilon = 0;
  std::vector<float> bias{};

  void apply(const float* in, float* out, std::int64_t rows) const noexcept {
    rms_norm(in, out, rows, weight, epsilon);
    if (bias.empty()) return;
    for (std::int64_t r = 0; r < rows; ++r, out += bias.size())
      for (std::size_t i = 0; i < bias.size(); ++i) out[i] += bias[i];
  }
};

}  // namespace moesaic::decoder
