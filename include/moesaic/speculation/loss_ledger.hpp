// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

namespace moesaic::speculation {

/// What speculation may still lose against not speculating: an account in time.
///
/// Source: ours, a token bucket. Cascade (arXiv 2506.20675) bounds its loss by backing off; this is the bound itself.
/// Mechanism: every step pays in a share of its own time, and what its tokens would have taken without a draft less what they took.
/// The balance is cut at `allowance` plain steps and begins at half of that. Who speculates only while it is solvent loses, over any
/// stretch of steps, at most
///
///     allowance x plain step + share x time of the stretch + the loss of one window
///
/// because the balance begins the stretch at the allowance at most, ends it above minus one window's loss, and changes by nothing else.
/// "Plain step" is what the caller believes it takes: the bound is as good as that belief.
/// Cost: O(1). State and Ties: the balance; exactly 0 is insolvent. Threads: one at a time.
/// Knobs: per call, because the owner holds them.
class loss_ledger {
 public:
  void observe(double took, double worth, double plain, double percent, double allowance) noexcept {
    if (!opened_) balance_ = allowance / 2 * plain;
    opened_ = true;
    balance_ = std::min(balance_ + worth - took + took * percent / 100, allowance * plain);
  }
  [[nodiscard]] bool solvent() const noexcept { return balance_ > 0; }
  [[nodiscard]] bool affords(double cost) const noexcept { return balance_ > cost; }
  [[nodiscard]] double balance() const noexcept { return balance_; }

 private:
  double balance_ = 0;
  bool opened_ = false;
};

}  // namespace moesaic::speculation
