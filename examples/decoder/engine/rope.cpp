// SPDX-License-Identifier: MIT
#include "rope.hpp"

#include <algorithm>
#include <cmath>

#include "row_math.hpp"

namespace moesaic::decoder {

rope::rope(rope_options options) : options_(std::move(options)), step_(std::pow(options_.base, -2.0F / static_cast<float>(options_.dimensions))) {}

std::vector<float> yarn_blend(std::int64_t dimensions, float base, std::int64_t original, float fast, float slow) {
  const auto n = static_cast<float>(dimensions);
  // The pair that turns `times` times in the original length, as a real number.
  const auto pair_of = [&](float times) { return n * std::log(static_cast<float>(original) / (times * 2 * 3.14159265358979F)) / (2 * std::log(base)); };
  const float low = std::max(0.0F, std::floor(pair_of(fast)));
  const float high = std::min(n - 1, std::ceil(pair_of(slow)));
  std::vector<float> shares;
  for (std::int64_t i = 0; i < dimensions / 2; ++i) shares.push_back(1 - std::clamp((static_cast<float>(i) - low) / std::max(0.001F, high - low), 0.0F, 1.0F));
  return shares;
}

void rope::prepare(std::uint32_t first, std::int64_t count) {
  const auto pairs = static_cast<std::size_t>(options_.dimensions / 2);
  turns_.resize(static_cast<std::size_t>(count) * pairs * 2);
  float* out = turns_.data();
  for (std::int64_t row = 0; row < count; ++row) {
    // The angle goes from pair to pair by multiplication in float, as in the reference: at long contexts it is so large that a
    // rounding less would turn by a visibly different one.
    auto angle = static_cast<float>(static_cast<std::int64_t>(first) + row);
    for (std::size_t i = 0; i < pairs; ++i, angle *= step_) {
      const float plain = options_.factors.empty() ? angle : angle / options_.factors[i];
      float turned = options_.scale * plain;
      if (!options_.blend.empty()) turned = turned * (1 - options_.blend[i]) + plain * options_.blend[i];
      *out++ = std::cos(turned) * options_.magnitude;
      *out++ = std::sin(turned) * options_.magnitude;
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
