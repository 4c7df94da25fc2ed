// SPDX-License-Identifier: MIT
#include "rope.hpp"

#include <cmath>

namespace moesaic::decoder {

rope::rope(rope_options options) : options_(std::move(options)) {
  const std::int64_t pairs = options_.dimensions / 2;
  // Powers by repeated multiplication in float, as the reference implementations have it: at long contexts the angle is so large that the
  // exact power would turn by a visibly different one.
  const float step = std::pow(options_.base, -2.0F / static_cast<float>(options_.dimensions));
  float power = 1.0F;
  for (std::int64_t i = 0; i < pairs; ++i, power *= step)
    frequency_.push_back(options_.factors.empty() ? power : power / options_.factors[static_cast<std::size_t>(i)]);
}

void rope::prepare(std::uint32_t first, std::int64_t count) {
  turns_.resize(static_cast<std::size_t>(count) * frequency_.size() * 2);
  float* out = turns_.data();
  for (std::int64_t row = 0; row < count; ++row) {
    const auto place = static_cast<float>(static_cast<std::int64_t>(first) + row);
    for (const float frequency : frequency_) {
      const float angle = place * frequency * options_.scale;
      *out++ = std::cos(angle);
      *out++ = std::sin(angle);
    }
  }
}

void rope::turn(float* head, std::int64_t row) const noexcept {
  const std::size_t pairs = frequency_.size();
  const float* turn = turns_.data() + static_cast<std::size_t>(row) * pairs * 2;
  const bool neighbours = options_.pairs == rope_pairs::neighbours;
  for (std::size_t i = 0; i < pairs; ++i) {
    float& a = head[neighbours ? 2 * i : i];
    float& b = head[neighbours ? 2 * i + 1 : i + pairs];
    const float x = a;
    const float y = b;
    a = x * turn[2 * i] - y * turn[2 * i + 1];
    b = x * turn[2 * i + 1] + y * turn[2 * i];
  }
}

}  // namespace moesaic::decoder
