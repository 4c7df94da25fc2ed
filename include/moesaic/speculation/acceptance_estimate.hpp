// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <moesaic/core/step_outcome.hpp>

namespace moesaic::speculation {

/// How often drafted tokens stand, by their place in the window, learned from what steps committed.
///
/// Source: MoE-SpeQ's p_i (arXiv 2511.14102, 3.2: the probability that token i stands if those before it did, moving average);
/// the two levels are ours.
/// Mechanism: counts of tried and standing tokens for each place and for all, both decaying by half every `half_life` windows.
/// Behind the first token that fell nothing was learned; the first that was not verified counts where its fate is known. Windows in a row that all failed at
/// once, or all stood whole, against odds of 3 in 1,000 mean that the text has changed: three quarters of what was counted are forgotten. A place counts as 8
/// tokens of the overall rate before its own count does; the overall rate begins as `first_guess` with the weight of one token. Cost: O(longest window) per
/// observed step, O(1) per question; no allocation. State and Ties: the counts. Threads: one at a time. Knobs: `half_life`, windows, default 24. `first_guess`,
/// default 0.8.
class acceptance_estimate {
 public:
  static constexpr std::uint32_t places = 64;

  acceptance_estimate() noexcept : acceptance_estimate(24, 0.8) {}
  acceptance_estimate(double half_life, double first_guess) noexcept
      : keep_(half_life > 0 ? 1 - 0.6931 / std::max(half_life, 1.0) : 0), first_guess_(first_guess) {}

  void observe(const step_outcome& outcome) noexcept {
    if (outcome.judged() == 0) return;
    const std::uint32_t stood = std::min({outcome.stood(), outcome.judged(), places});
    const std::uint32_t judged = std::min({stood + 1, outcome.judged(), places});
    if (changed(stood, outcome.judged())) forget(0.25);
    all_.decay(keep_);
    for (std::uint32_t i = 0; i < judged; ++i) {
      by_place_[i].decay(keep_);
      by_place_[i].add(i < stood);
      all_.add(i < stood);
    }
  }
  /// Probability that a drafted token stands, wherever it is.
  [[nodiscard]] double overall() const noexcept { return (all_.stood + first_guess_) / (all_.tried + 1); }
  /// Probability that the drafted token number `i`, from 0, stands if those before it do.
  [[nodiscard]] double at(std::uint32_t i) const noexcept {
    if (i >= places) return overall();
    return (by_place_[i].stood + pull * overall()) / (by_place_[i].tried + pull);
  }
  /// Tokens that a window of `k` drafted tokens is expected to commit, the correction or bonus token included.
  [[nodiscard]] double committed(std::uint32_t k) const noexcept {
    double sum = 1;
    double survives = 1;
    for (std::uint32_t i = 0; i < k; ++i) sum += survives *= at(i);
    return sum;
  }
  /// How far chance may have bent `at`: a standard deviation of as many tokens as were counted, at worst.
  [[nodiscard]] double deviation() const noexcept { return 0.5 / std::sqrt(all_.tried + 1); }
  [[nodiscard]] bool knows() const noexcept { return all_.tried > 0; }

 private:
  static constexpr double pull = 8;
  struct count {
    double tried = 0;
    double stood = 0;
    void decay(double keep) noexcept {
      tried *= keep;
      stood *= keep;
    }
    void add(bool fine) noexcept {
      tried += 1;
      stood += fine ? 1 : 0;
    }
  };
  [[nodiscard]] bool changed(std::uint32_t stood, std::uint32_t verified) noexcept {
    const bool none = stood == 0, all = stood == verified;
    unlucky_ = none ? unlucky_ * (1 - at(0)) : 1;
    lucky_ = all ? lucky_ : 1;
    for (std::uint32_t i = 0; all && i < stood; ++i) lucky_ *= at(i);
    if (unlucky_ > too_strange && lucky_ > too_strange) return false;
    unlucky_ = lucky_ = 1;
    return true;
  }
  void forget(double keep) noexcept {
    all_.decay(keep);
    for (count& c : by_place_) c.decay(keep);
  }
  static constexpr double too_strange = 0.003;
  double unlucky_ = 1, lucky_ = 1;
  std::array<count, places> by_place_{};
  count all_{};
  double keep_;
  double first_guess_;
};

}  // namespace moesaic::speculation
