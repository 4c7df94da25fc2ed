// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <moesaic/concepts/hears.hpp>
#include <moesaic/core/forecast.hpp>

namespace moesaic::prediction {

/// Picks the best of a layer's experts by score and writes them into a forecast.
///
/// Source: textbook. Mechanism: score and id in one number that sorts like (score, lower id), and a partial sort.
/// Cost: O(experts of the layer × log of those picked); 8 bytes per expert of the widest layer. State and Ties: none kept;
/// of equal scores the lower id is the better. Threads: one at a time. No knobs.
class best_experts {
 public:
  /// An expert with this score is never expected.
  static constexpr std::int32_t nobody = std::numeric_limits<std::int32_t>::min();

  best_experts() = default;
  explicit best_experts(const inventory& all) : order_(all.shape.widest_layer()) {}

  /// `scores`: one for each expert of the layer. The best `most` are expected in row 0, best first, and nobody else.
  /// `confidence(score, rest)`: rest is the best score outside the first `few`, or the worst inside where there are no others.
  template <class Confidence>
  void expect(forecast& into, layer_index layer, std::span<const std::int32_t> scores, std::size_t most, std::size_t few, Confidence&& confidence) noexcept {
    into.forget(layer);
    std::size_t possible = 0;
    for (std::size_t e = 0; e < scores.size(); ++e)
      if (scores[e] != nobody) order_[possible++] = (std::uint64_t{bias(scores[e])} << 32U) | (0xFFFF'FFFFU - e);
    if (possible == 0) return;
    const std::size_t sorted = std::min(std::max(most, few + 1), possible);
    const auto first = order_.begin();
    std::partial_sort(first, first + static_cast<std::ptrdiff_t>(sorted), first + static_cast<std::ptrdiff_t>(possible),
                      [](std::uint64_t a, std::uint64_t b) { return a > b; });
    const std::int32_t rest = score_of(order_[std::min(few, sorted - 1)]);
    for (std::size_t i = 0; i < std::min(most, sorted); ++i) {
      const auto e = static_cast<expert_index>(0xFFFF'FFFFU - static_cast<std::uint32_t>(order_[i]));
      into.expect(layer, e, {0}, utility{confidence(score_of(order_[i]), rest)});
    }
  }
  /// The same with the score itself as confidence.
  void expect(forecast& into, layer_index layer, std::span<const std::int32_t> scores, std::size_t most) noexcept {
    expect(into, layer, scores, most, 0, [](std::int32_t score, std::int32_t) { return std::int64_t{score}; });
  }

  /// How many of a layer are expected: `most`, or where that is 0 the layer's top-k, or as many as the running event wants
  /// where that is more (a window of tokens).
  [[nodiscard]] static std::size_t how_many(const model_shape& shape, layer_index due, std::uint32_t most, std::size_t running) noexcept {
    return most != 0 ? most : std::max<std::size_t>(shape.top_k(due), running);
  }

 private:
  static constexpr std::uint32_t sign = 1U << 31U;
  [[nodiscard]] static constexpr std::uint32_t bias(std::int32_t score) noexcept { return static_cast<std::uint32_t>(score) ^ sign; }
  [[nodiscard]] static constexpr std::int32_t score_of(std::uint64_t packed) noexcept {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(packed >> 32U) ^ sign);
  }
  std::vector<std::uint64_t> order_;
};

}  // namespace moesaic::prediction
