// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace moesaic::decoder {

/// Which elements of a head turn together: neighbours (2i, 2i+1), as llama files store them, or halves (i, i + dimensions/2).
enum class rope_pairs : std::uint8_t { neighbours, halves };

struct rope_options {
  rope_pairs pairs = rope_pairs::halves;
  std::int64_t dimensions = 0;  ///< of a head, even; the elements behind them do not turn
  float base = 10'000.0F;
  float scale = 1.0F;          ///< positions are multiplied by it (linear context extension)
  std::vector<float> factors;  ///< one divisor per pair, or empty
  float magnitude = 1.0F;      ///< what is turned also grows by this
  std::vector<float> blend{};  ///< one for each pair, or empty: the share of its turn that `scale` leaves alone (YaRN)
};

/// YaRN's shares (arXiv 2309.00071): 1 for pairs that turn more than `fast` times in `original` positions, 0 for those that turn
/// less than `slow` times, a ramp in between.
[[nodiscard]] std::vector<float> yarn_blend(std::int64_t dimensions, float base, std::int64_t original, float fast, float slow);

/// Rotary position embedding: pair i of a head at position p turns by p * scale / factors[i] * base^(-2i/dimensions),
/// or by a mean of that and the same without `scale`, weighted by blend[i].
class rope {
 public:
  rope() = default;
  explicit rope(rope_options options);
  /// Makes the sines and cosines for positions [first, first + count); they serve every layer and head of a window.
  void prepare(std::uint32_t first, std::int64_t count);
  /// Turns one head of the window's row-th position, in place.
  void turn(float* head, std::int64_t row) const noexcept;

 private:
  rope_options options_;
  float step_ = 1;            // from the angle of a pair to that of the next
  std::vector<float> turns_;  // [row][pair]{cosine, sine}
};

}  // namespace moesaic::decoder
