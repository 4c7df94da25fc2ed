// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <moesaic/concepts/hears.hpp>

namespace moesaic::speculation {

/// What each row of a window adds to what the window needs and to what it has to move, measured on the windows that ran.
///
/// Source: ours. The union of experts over a window is MoESD's and MoE-SpeQ's concern (arXiv 2505.19645, 2511.14102); here it is
/// not computed from a formula but read off the routes, for every prefix of a window at once.
/// Mechanism: it keeps who is resident by hearing who comes and goes. An expert belongs to the first row of an event that routes to
/// it; one that was absent then is missing there, and so is one that was prefetched and is needed for the first time: its bytes had to
/// move for this row as well, and what waiting that still costs is in the price of a byte. Averages by row decay with every window:
///
///     widening(k)    distinct experts of rows 1 to k, in units of row 0's
///     row_price      what a row waits if its token stands, and if it falls
///
/// A row that stands misses what one by one would have missed there, so it is priced as a share of `level`, what a step without windows
/// misses: a cache that fills or a text that turns moves all rows together. A row that falls is priced in bytes, whatever the level:
/// nobody else would have wanted them. The level follows plain steps, and in windows the rows that stand, divided by their shares;
/// plain steps among windows also correct the shares. A row that no window has had yet is like the one before it, a little narrower; one that has never
/// fallen would miss the experts that are absent, by their number. What waiting a byte costs is known apart for windows: they may hide it behind drafting.
/// Cost: O(tokens x top-k) per event, O(window) per step, O(1) per row asked for; 5 bytes per expert of the model.
/// State and Ties: the averages. Events of the prompt teach nothing; events without routes count in equal parts for all rows.
/// Threads: one at a time. No knobs.
class row_demand {
 public:
  static constexpr std::uint32_t rows = 64;

  void on(const inventory& all) {
    shape_ = &all.shape;
    held_.assign(all.space().size(), held::no);
    seen_.assign(all.space().size(), 0);
  }
  void on(const admitted& one) noexcept {
    resident_ += held_[shape_->space().flat(one.expert)] == held::no;
    held_[shape_->space().flat(one.expert)] = one.why == cause::prefetch ? held::ahead : held::before;
  }
  void on(const evicted& one) noexcept {
    resident_ -= held_[shape_->space().flat(one.expert)] != held::no;
    held_[shape_->space().flat(one.expert)] = held::no;
    full_ = true;
  }
  void on(const layer_event& event) noexcept {
    if (event.during == phase::prefill || event.tokens == 0) return;
    if (event.step != step_) forget_step();
    step_ = event.step;
    if (++round_ == 0) {  // once in 2^32 events
      std::fill(seen_.begin(), seen_.end(), 0U);
      round_ = 1;
    }
    const std::uint32_t width = std::min(event.tokens, rows);
    if (event.routes.size() < event.tokens) {
      for (const demand& d : event.wanted) {
        const bool had_to_move = moved_for_its_first_use({event.layer, d.expert, {}});
        for (std::uint32_t r = 0; r < width; ++r) count({event.layer, d.expert, {}}, r, 1.0 / width, had_to_move);
      }
      return;
    }
    const std::size_t k = event.routes.size() / event.tokens;
    for (std::uint32_t r = 0; r < width; ++r)
      for (std::size_t i = 0; i < k; ++i) {
        const expert_id e{event.layer, event.routes[r * k + i], {}};
        if (!shape_->contains(e) || seen_[shape_->space().flat(e)] == round_) continue;
        seen_[shape_->space().flat(e)] = round_;
        count(e, r, 1, moved_for_its_first_use(e));
      }
  }

  void forget_step() noexcept {
    missing_.fill(0);
    needed_.fill(0);
  }
  /// The step whose events were heard is over; `verified` is its draft, of which `accepted` stood; `stalled` what its pass stood waiting.
  void end_step(std::uint32_t verified, std::uint32_t accepted, double stalled) noexcept {
    const std::uint32_t width = std::min(verified + 1, rows);
    waits& its = verified == 0 ? plain_waits_ : window_waits_;
    its.add(stalled, missed_by(width));
    wide_ = wide_ > 0 ? wide_ + 0.1 * (needed_[0] - wide_) : needed_[0];
    if (verified != 0) {
      for (std::uint32_t r = 0; r < width; ++r) {
        if (r != 0) {
          fresh_[r] = fresh_[r] * keep + (needed_[0] > 0 ? needed_[r] / needed_[0] : 1);
          times_[r] = times_[r] * keep + 1;
        }
        if (r <= accepted) {
          right_[r] = right_[r] * keep + missing_[r];
          beside_[r] = beside_[r] * keep + level_;
        } else {
          wrong_[r] = wrong_[r] * keep + missing_[r];
          fallen_[r] = fallen_[r] * keep + 1;
        }
      }
    }
    learn_level(verified != 0, accepted);
    ++steps_;
    if (verified != 0) windows_ = since_window_ > 8 ? 1 : windows_ + 1;
    since_window_ = verified != 0 ? 0 : since_window_ + 1;
    forget_step();
  }

  /// Bytes that the first `width` rows of the running step found missing.
  [[nodiscard]] double missed_by(std::uint32_t width) const noexcept {
    double sum = 0;
    for (std::uint32_t r = 0; r < std::min(width, rows); ++r) sum += missing_[r];
    return sum;
  }
  /// How much wider the running step was than its first row.
  [[nodiscard]] double widened(std::uint32_t verified) const noexcept {
    if (!(needed_[0] > 0)) return verified;
    double sum = 0;
    for (std::uint32_t r = 1; r <= std::min(verified, rows - 1); ++r) sum += needed_[r];
    return sum / needed_[0];
  }
  [[nodiscard]] double widening(std::uint32_t verified) const noexcept {
    double sum = 0, share = 1;
    for (std::uint32_t r = 1; r <= std::min(verified, rows - 1); ++r) sum += share = (fresh_[r] + share * narrower) / (times_[r] + 1);
    return sum;
  }
  /// What a row of a window waits for its experts: `right` if its token stands, `wrong` if not. From `first_row` on, row by row.
  struct row_price {
    std::uint32_t row = 0;
    double ratio = 1, waste = 0;
    double right = 0, wrong = 0;
  };
  enum class unmeasured : std::uint8_t { alike, free };  ///< what rows that few windows had are taken to miss: as the one before, or nothing
  [[nodiscard]] row_price first_row() const noexcept {
    row_price p{.ratio = behind(), .waste = wide_ * absent_share()};
    p.right = level_ * p.ratio * waiting_in_window();
    return p;
  }
  [[nodiscard]] row_price behind_row(row_price p, unmeasured are = unmeasured::alike) const noexcept {
    const std::uint32_t r = ++p.row;
    if (are == unmeasured::free) p.ratio = 0;
    if (beside_[r] + level_ > 0) p.ratio = (right_[r] + level_ * narrower * std::min(p.ratio, 1.0)) / (beside_[r] + level_);
    p.waste = (wrong_[r] + p.waste) / (fallen_[r] + 1);
    p.right = level_ * p.ratio * waiting_in_window();
    p.wrong = p.waste * waiting_in_window();
    return p;
  }
  [[nodiscard]] double plainly_exposed() const noexcept { return level_ * waiting_per_byte(); }
  [[nodiscard]] double waiting_per_byte() const noexcept { return plain_waits_.knows() ? plain_waits_.each() : window_waits_.each(); }
  [[nodiscard]] double waiting_in_window() const noexcept { return window_waits_.knows() ? window_waits_.each() : plain_waits_.each(); }
  /// Somebody had to leave: what a window brings now pushes others out.
  [[nodiscard]] bool full() const noexcept { return full_; }

 private:
  static constexpr double keep = 0.97, narrower = 0.95, slow = 0.04;
  enum class held : std::uint8_t { no, ahead, before };  ///< has room; since before the row that needs it, or brought for it ahead of time

  [[nodiscard]] bool moved_for_its_first_use(expert_id e) noexcept {
    held& its = held_[shape_->space().flat(e)];
    const bool moved = its != held::before;
    if (its == held::ahead) its = held::before;
    return moved;
  }
  void count(expert_id e, std::uint32_t row, double share, bool had_to_move) noexcept {
    const double size = static_cast<double>(shape_->size_of(e).count) * share;
    needed_[row] += size;
    if (had_to_move) missing_[row] += size;
  }
  /// Row 0 of a window misses more than a plain step, because rows that fell pushed others out.
  [[nodiscard]] double behind() const noexcept { return beside_[0] + level_ > 0 ? std::clamp((right_[0] + level_) / (beside_[0] + level_), 1.0, 4.0) : 1; }
  [[nodiscard]] double absent_share() const noexcept { return held_.empty() ? 0 : 1 - static_cast<double>(resident_) / static_cast<double>(held_.size()); }
  /// Quick while there is little to average over, slow behind that: misses come in bursts.
  void learn_level(bool window, std::uint32_t stood) noexcept {
    const double haste = std::max(slow, 0.5 / static_cast<double>(steps_ + 1));
    if (steps_ == 0) {
      level_ = missing_[0];
    } else if (window) {
      // Each token that stood says what one by one would have missed, as far as its row's ratio is known.
      double moved = missing_[0], expected = behind(), kept = 1 - haste;
      row_price row = first_row();
      for (std::uint32_t r = 1; r <= std::min(stood, rows - 1); ++r) {
        row = behind_row(row);
        moved += missing_[r];
        expected += row.ratio;
        kept *= 1 - haste;
      }
      level_ += (1 - kept) * (moved / std::max(expected, 0.1) - level_);
    } else if (since_window_ != 0 || !full_) {
      // Among windows plain steps are few: what they say moves the level, and leaves windows as dear as they were.
      const double was = level_;
      const bool among = windows_ >= 8 && since_window_ <= 8;
      level_ += (among ? std::max(haste, 0.1) : haste) * (missing_[0] - level_);
      if (among && was > 0)
        for (double& beside : beside_) beside *= std::clamp(level_ / was, 0.5, 2.0);
    }
  }
  struct waits {
    double exposed = 0, missed = 0;
    void add(double stalled, double bytes) noexcept {
      exposed = exposed * keep + stalled;
      missed = missed * keep + bytes;
    }
    [[nodiscard]] bool knows() const noexcept { return missed > 0; }
    [[nodiscard]] double each() const noexcept { return missed > 0 ? exposed / missed : 0; }
  };

  const model_shape* shape_ = nullptr;
  std::vector<held> held_;
  std::vector<std::uint32_t> seen_;
  std::array<double, rows> missing_{}, needed_{};  ///< of the running step
  std::array<double, rows> fresh_{}, times_{}, right_{}, beside_{}, wrong_{}, fallen_{};
  waits plain_waits_, window_waits_;
  double level_ = 0, wide_ = 0;
  std::uint64_t resident_ = 0;
  step_index step_{~std::uint64_t{}};
  std::uint64_t steps_ = 0, since_window_ = 0, windows_ = 0;
  std::uint32_t round_ = 0;
  bool full_ = false;
};

}  // namespace moesaic::speculation
