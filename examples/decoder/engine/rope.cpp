// SPDX-License-Identifier: MIT
#include "rope.hpp"

#include <cmath>

namespace moesaic::decoder {

rope::rope(rope_options options)
    : options_(std::move(options)), step_(std::pow(options_.base, -2.0F / static_cast<float>(options_.dimensions))) {}

void rope::prepare(std::uint32_t first, std::int64_t count) {
  const auto pairs = static_cast<std::size_t>(options_.dimensions / 2);
  turns_.resize(static_cast<std::size_t>(count) * pairs * 2);
  float* out = turns_.data();
  for (std::int64_t row = 0; row < count; ++row) {
    // The angle goes from pair to pair by multiplication in float, as in the reference: at long contexts it is so large that a
    // rounding less would turn by a visibly different one.
    auto angle = static_cast<float>(static_cast<std::int64_t>(first) + row);
    for (std::size_t i = 0; i < pairs; ++i, angle *= step_) {
      const float turned = options_.scale * (options_.factors.empty() ? angle : angle / options_.factors[i]);
      *out++ = std::cos(turned);
      *out++ = std::sin(turned);
    }
  }
}

void rope::turn(float* head, std::int64_t row) const noexcept {
  const auto pairs = static_cast<std::size_t>(options_.dimensions / 2);
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
