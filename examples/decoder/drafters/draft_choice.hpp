// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/drafter.hpp>
#include <moesaic/speculation/greedy.hpp>
#include <moesaic/speculation/sampled.hpp>

namespace moesaic::decoder {

/// Turns a drafter's logits into its proposal: the likeliest token, or a draw from the same cut of its distribution that the target
/// is sampled with, and then the distribution with it, which keeps sampling lossless.
/// The probability told to governors is the token's in the drafter's own distribution, at the temperature of the run (1 where that is 0).
/// Memory: a row of the vocabulary for each token of a window, made when first needed.
class draft_choice {
 public:
  /// `temperature` 0: greedy. The draws are no part of the target's own sequence of chances.
  draft_choice(float temperature, float top_p, std::uint64_t seed) : temperature_(temperature), top_p_(top_p), seed_(seed ^ 0xA076'1D64'78BD'642FU) {}

  [[nodiscard]] drafted_token pick(std::span<const float> logits) {
    if (!(temperature_ > 0)) {
      const token_id token = speculation::greedy{}.choose(logits);
      return {token, probability_of(logits, token), {}};
    }
    chances_.weigh(logits, temperature_, top_p_);
    if (used_ == rows_.size()) rows_.emplace_back();
    std::vector<float>& row = rows_[used_++];
    row.resize(logits.size());
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(chances_.weights[i] / chances_.total);
    const token_id token = chances_.draw(seed_);
    return {token, row[static_cast<std::size_t>(token)], row};
  }
  /// The window is over: its distributions are no longer needed.
  void start_again() noexcept { used_ = 0; }

 private:
  [[nodiscard]] static float probability_of(std::span<const float> logits, token_id token) noexcept {
    const float best = logits[static_cast<std::size_t>(token)];
    float sum = 0;
    for (const float x : logits) sum += std::exp(x - best);
    return sum >= 1 ? 1 / sum : 1;
  }

  float temperature_;
  float top_p_;
  std::uint64_t seed_;
  speculation::sampled::memory chances_;
  std::vector<std::vector<float>> rows_;
  std::size_t used_ = 0;
};

}  // namespace moesaic::decoder
