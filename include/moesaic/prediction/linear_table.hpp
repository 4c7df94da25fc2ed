// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/hears.hpp>

namespace moesaic::prediction {

/// One linear estimate for each expert of a layer, from which experts of some other events were used: the weights, and how
/// they learn.
///
/// Source: normalised least mean squares (Widrow and Hoff 1960; Nagumo and Noda 1967); the schedule of steps is ours.
/// Mechanism: score(b) = bias(b) + sum of weight(a, b) over the active experts a, in 2^-14; wanted: 1 for the experts that were
/// used, 0 for the others. What was wrong is divided among the active, half of it taken: each weight learns
///
///     error(b) * 1/2 / (active + 1) * max(1/20, 32 / (32 + uses of a))
///
/// so that an expert's weights learn fast at first and never stop. Weights stay within [-2, 2).
/// Cost: O(active x experts of a layer) to score, and again to learn, below .2 ns per pair with vector instructions.
/// 2 bytes x inputs x experts. State and Ties: the weights; integers only. Threads: one at a time. No knobs.
class linear_table {
 public:
  static constexpr std::int32_t one = 1 << 14U;

  linear_table() = default;
  linear_table(std::uint32_t inputs, std::uint32_t experts) : experts_(experts), weights_(std::size_t{inputs} * experts), biases_(experts), uses_(inputs) {}

  void start(std::span<std::int32_t> scores) const noexcept {
    for (std::size_t b = 0; b < scores.size(); ++b) scores[b] = biases_[b];
  }
  void add(std::uint32_t input, std::span<std::int32_t> scores) const noexcept {
    const std::int16_t* const w = weights_.data() + std::size_t{input} * experts_;
    for (std::size_t b = 0; b < scores.size(); ++b) scores[b] += w[b];
  }
  /// What was wrong with `scores`, in place, ready for `learn`; `used`: experts that were used.
  static void errors(std::span<std::int32_t> scores, std::span<const demand> used) noexcept {
    for (std::int32_t& s : scores) s = -s;
    for (const demand& d : used) scores[number(d.expert)] += one;
    for (std::int32_t& s : scores) s = std::clamp(s, -4 * one, 4 * one);
  }
  void learn_bias(std::span<const std::int32_t> errors, std::uint32_t active) noexcept {
    change(biases_.data(), errors, static_cast<std::int32_t>(half / (active + 1)));
  }
  void learn(std::uint32_t input, std::span<const std::int32_t> errors, std::uint32_t active) noexcept {
    std::uint16_t& n = uses_[input];
    const std::uint32_t slowed = std::max(half / 20, half * 32 / (32 + n));
    if (n < 65'535) ++n;
    change(weights_.data() + std::size_t{input} * experts_, errors, static_cast<std::int32_t>(slowed / (active + 1)));
  }

 private:
  static constexpr std::uint32_t half = 1U << 15U;  ///< 1/2 in 2^-16
  static void change(std::int16_t* weights, std::span<const std::int32_t> errors, std::int32_t step) noexcept {
    for (std::size_t b = 0; b < errors.size(); ++b) {
      const std::int32_t next = weights[b] + ((errors[b] * step + (1 << 15)) >> 16U);
      weights[b] = static_cast<std::int16_t>(std::clamp(next, -2 * one, 2 * one - 1));
    }
  }
  std::uint32_t experts_ = 0;
  std::vector<std::int16_t> weights_;  ///< [input][expert]
  std::vector<std::int16_t> biases_;
  std::vector<std::uint16_t> uses_;    ///< [input] events it was active in, up to 65,535
};

}  // namespace moesaic::prediction
