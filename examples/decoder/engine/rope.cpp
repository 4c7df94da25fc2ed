// SPDX-License-Identifier: MIT
#include "rope.hpp"

#include <cmath>

#include "row_math.hpp"

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
  const std::int64_t pairs = options_.dimensions / 2;
  const float* turn = turns_.data() + row * pairs * 2;
  const bool neighbours = options_.pairs == rope_pairs::neighbours;
  turn_pairs(head, head + (neighbours ? 1 : pairs), neighbours ? 2 : 1, turn, pairs);
}

}  // namespace moesaic::decoder
