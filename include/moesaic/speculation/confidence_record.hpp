// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include <moesaic/core/step_outcome.hpp>

namespace moesaic::speculation {

/// How far a drafter's own probabilities can be believed: how often tokens it claimed so much for did stand.
///
/// Source: ours; calibration by bins is textbook. Mechanism: eight bins over the claimed probability, each with decaying counts of
/// tokens tried and tokens that stood; a bin counts as 16 tokens of the usual rate before its own count does. Claims outside 0 to 1,
/// NaN among them, are in the nearer bin, NaN in the lowest.
/// Cost: O(bins + window) per step, O(1) per question. State and Ties: the counts and the running window's claims.
/// Threads: one at a time. No knobs.
class confidence_record {
 public:
  /// The token number `i` of this window, from 0, was claimed to stand with this probability. Saying it again changes nothing.
  void claim(std::uint32_t i, float probability) noexcept {
    if (i < claims_.size()) claims_[i] = bin(probability);
    known_ = std::max(known_, std::min<std::uint32_t>(i + 1, places));
  }
  /// The drafted token's chance to stand, where `usual` is what is known of its place.
  [[nodiscard]] double stands(std::uint32_t i, double usual) const noexcept {
    if (i >= known_) return usual;
    const counts& c = bins_[claims_[i]];
    return (c.stood + pull * usual) / (c.tried + pull);
  }
  void observe(const step_outcome& outcome) noexcept {
    const std::uint32_t judged = std::min({outcome.stood() + 1, outcome.judged(), known_});
    if (judged != 0)
      for (counts& c : bins_) c = {c.tried * keep, c.stood * keep};
    for (std::uint32_t i = 0; i < judged; ++i) {
      bins_[claims_[i]].tried += 1;
      bins_[claims_[i]].stood += i < outcome.stood() ? 1 : 0;
    }
    known_ = 0;
  }

 private:
  static constexpr std::uint32_t places = 64, bins = 8;
  static constexpr double pull = 16, keep = 0.97;
  struct counts {
    double tried = 0, stood = 0;
  };
  [[nodiscard]] static std::uint8_t bin(float p) noexcept {
    if (!(p > 0)) return 0;
    return p >= 1 ? std::uint8_t{bins - 1} : static_cast<std::uint8_t>(p * bins);
  }
  std::array<std::uint8_t, places> claims_{};
  std::array<counts, bins> bins_{};
  std::uint32_t known_ = 0;
};

}  // namespace moesaic::speculation
