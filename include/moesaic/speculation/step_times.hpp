// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include <moesaic/core/step_outcome.hpp>

namespace moesaic::speculation {

/// A straight line through what was measured lately.
///
/// Source: textbook least squares with exponential forgetting; the pull towards a slope is ours.
/// Mechanism: sums that lose `1 - keep` of themselves with every point. Where the points do not spread, the line rises by
/// `slope` of its value at 0 for each unit: one point is enough to say something about all widths.
/// Cost: O(1). State and Ties: five sums. Threads: one at a time.
/// Knobs: `slope`, share, `keep`, 0 to 1.
class recent_line {
 public:
  recent_line() noexcept : recent_line(0.3, 0.95) {}
  recent_line(double slope, double keep) noexcept : slope_(slope), keep_(keep) {}

  void add(double x, double y) noexcept {
    for (double* sum : {&n_, &x_, &y_, &xx_, &xy_}) *sum *= keep_;
    n_ += 1;
    x_ += x;
    y_ += y;
    xx_ += x * x;
    xy_ += x * y;
  }
  [[nodiscard]] bool knows() const noexcept { return n_ > 0; }
  /// Never below 0, and never falling.
  [[nodiscard]] double at(double x) const noexcept {
    if (!knows()) return 0;
    constexpr double pull = 0.5;  // points one unit apart, so to speak, that the guessed slope is worth
    const double middle = x_ / n_;
    const double mean = y_ / n_;
    const double spread = std::max(xx_ - x_ * middle, 0.0);
    const double guessed = mean * slope_ / (1 + slope_ * middle);
    const double rise = std::max((std::max(xy_ - x_ * mean, 0.0) + pull * guessed) / (spread + pull), 0.0);
    return std::max(mean + rise * (x - middle), 0.0);
  }

 private:
  double n_ = 0, x_ = 0, y_ = 0, xx_ = 0, xy_ = 0;
  double slope_;
  double keep_;
};

/// A line whose value at 0 is measured there, and whose rise elsewhere: however long nobody was at 0, what was known of it stays.
///
/// Source: textbook least squares through a point, with exponential forgetting; the pull is that of `recent_line`.
/// Cost: O(1). State and Ties: three sums. Threads: one at a time. No knobs.
class anchored_line {
 public:
  void anchor(double y) noexcept {
    at_zero_ = known_ ? at_zero_ + 0.1 * (y - at_zero_) : y;
    known_ = true;
  }
  void add(double x, double y) noexcept {
    if (!known_) anchor(y / (1 + slope * x));
    xx_ = xx_ * keep + x * x;
    xy_ = xy_ * keep + x * (y - at_zero_);
  }
  [[nodiscard]] double at(double x) const noexcept {
    constexpr double pull = 0.5;
    return at_zero_ + x * std::max((xy_ + pull * slope * at_zero_) / (xx_ + pull), 0.0);
  }

 private:
  static constexpr double slope = 0.3, keep = 0.95;
  double at_zero_ = 0, xx_ = 0, xy_ = 0;
  bool known_ = false;
};

/// What drafting and verifying take, as measured by the steps themselves: nanoseconds, by drafted tokens.
///
/// Source: ours; SmartSpec (arXiv 2406.14066) and MoE-SpeQ (2511.14102) fit the same lines offline.
/// Mechanism: a moving average of the time per drafted token, and lines over verified tokens: the whole pass, and the pass
/// without what it stood waiting for the link, the latter also held at 0 by passes that verified nothing. Times below 0 or above an hour are no times: such a
/// step teaches nothing. Cost: O(1). State and Ties: the sums. Threads: one at a time. No knobs.
class step_times {
 public:
  /// A step whose times make no sense is left out; false says so. `widened`: what computing time is a line over, drafted tokens or
  /// whatever else the owner measures a pass's width by.
  bool observe(const step_outcome& outcome, double widened) noexcept {
    if (!sane(outcome.drafting) || !sane(outcome.verifying) || !sane(outcome.stalled)) return false;
    const auto drafted = static_cast<double>(outcome.drafted.count);
    const auto passing = static_cast<double>(outcome.verifying.count);
    const auto stalled = std::min(static_cast<double>(outcome.stalled.count), passing);
    if (outcome.drafted.count != 0) {
      const double each = static_cast<double>(outcome.drafting.count) / drafted;
      draft_ = drafts_known_ ? draft_ + 0.25 * (each - draft_) : each;
      drafts_known_ = true;
    }
    const auto width = static_cast<double>(outcome.verified.count);
    pass_.add(width, passing);
    computing_.add(widened, passing - stalled);
    if (widened > 0)
      anchored_.add(widened, passing - stalled);
    else
      anchored_.anchor(passing - stalled);
    return true;
  }
  bool observe(const step_outcome& outcome) noexcept { return observe(outcome, outcome.verified.count); }
  [[nodiscard]] double drafting(std::uint32_t tokens) const noexcept { return draft_ * tokens; }
  /// Of the target's pass over `verified` drafted tokens and the one before them.
  [[nodiscard]] double pass(std::uint32_t verified) const noexcept { return pass_.at(verified); }
  /// The same without the time that it stood waiting, over the width that `observe` was given.
  [[nodiscard]] double computing(double widened) const noexcept { return computing_.at(widened); }
  /// The same for who goes back to passes that verify nothing now and then: these hold the line at 0.
  [[nodiscard]] double anchored(double widened) const noexcept { return anchored_.at(widened); }
  [[nodiscard]] bool knows() const noexcept { return pass_.knows(); }
  /// Has a drafted token been measured? Until then `drafting` is 0.
  [[nodiscard]] bool knows_drafting() const noexcept { return drafts_known_; }

  [[nodiscard]] static bool sane(nanoseconds t) noexcept { return t.count >= 0 && t.count < std::int64_t{3'600} * 1'000'000'000; }

 private:
  recent_line pass_;
  recent_line computing_;
  anchored_line anchored_;
  double draft_ = 0;
  bool drafts_known_ = false;
};

}  // namespace moesaic::speculation
