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
///     widening(k)  distinct experts of rows 1 to k, in units of row 0's
///     exposed(k)   bytes missing for rows 0 to k, times what a missing byte has cost in waiting lately
///
/// A row that no window has had yet is taken to be like the one before it, a little narrower. Rows are measured against row 0's level
/// at the same time, so a cache that fills or a text that turns moves all rows together. Behind a window row 0 misses more than behind
/// a plain step, because rejected rows pushed others out: `plainly_exposed` takes that off again, as far as plain steps have shown it.
/// Cost: O(tokens x top-k) per event, O(window) per step and question; 5 bytes per expert of the model.
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
  void on(const admitted& one) noexcept { held_[shape_->space().flat(one.expert)] = one.why == cause::prefetch ? held::ahead : held::before; }
  void on(const evicted& one) noexcept {
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
  /// The step whose events were heard is over; `verified` is its draft, `stalled` what its pass stood waiting.
  void end_step(std::uint32_t verified, bool drafted, double stalled) noexcept {
    const std::uint32_t width = std::min(verified + 1, rows);
    exposed_ = exposed_ * keep + stalled;
    missed_ = missed_ * keep + missed_by(width);
    learn_level();
    for (std::uint32_t r = 1; r < width; ++r) {
      fresh_[r] = fresh_[r] * keep + (needed_[0] > 0 ? needed_[r] / needed_[0] : 1);
      times_[r] = times_[r] * keep + 1;
      added_[r] = added_[r] * keep + missing_[r];
      beside_[r] = beside_[r] * keep + level_;
    }
    ++steps_;
    since_window_ = drafted ? 0 : since_window_ + 1;
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
  [[nodiscard]] double exposed(std::uint32_t verified) const noexcept {
    double sum = level_, ratio = 1;
    for (std::uint32_t r = 1; r <= std::min(verified, rows - 1); ++r) {
      if (beside_[r] + level_ > 0) ratio = (added_[r] + level_ * ratio) / (beside_[r] + level_);
      sum += level_ * ratio;
    }
    return sum * waiting_per_byte();
  }
  [[nodiscard]] double plainly_exposed() const noexcept { return level_ * calm_ * waiting_per_byte(); }
  [[nodiscard]] double waiting_per_byte() const noexcept { return missed_ > 0 ? exposed_ / missed_ : 0; }
  /// Somebody had to leave: what a window brings now pushes others out.
  [[nodiscard]] bool full() const noexcept { return full_; }

 private:
  static constexpr double keep = 0.97, narrower = 0.95;
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
  /// Row 0's level is that behind a window; what plain steps miss teaches how much less it is behind a plain one.
  /// Quick while there is little to average over, slow behind that: misses come in bursts.
  void learn_level() noexcept {
    const double haste = std::max(0.04, 0.5 / static_cast<double>(steps_ + 1));
    if (steps_ == 0) {
      level_ = missing_[0];
    } else if (since_window_ == 0) {
      level_ += haste * (missing_[0] - level_);
    } else {
      if (since_window_ <= 4 && level_ > 0 && full_) calm_ += 0.25 * (std::min(missing_[0] / level_, 1.5) - calm_);
      level_ += haste * (missing_[0] / std::max(calm_, 0.01) - level_);
    }
  }

  const model_shape* shape_ = nullptr;
  std::vector<held> held_;
  std::vector<std::uint32_t> seen_;
  std::array<double, rows> missing_{}, needed_{};  ///< of the running step
  std::array<double, rows> fresh_{}, times_{}, added_{}, beside_{};
  double exposed_ = 0, missed_ = 0, level_ = 0, calm_ = 1;
  step_index step_{~std::uint64_t{}};
  std::uint64_t steps_ = 0, since_window_ = 0;
  std::uint32_t round_ = 0;
  bool full_ = false;
};

}  // namespace moesaic::speculation
