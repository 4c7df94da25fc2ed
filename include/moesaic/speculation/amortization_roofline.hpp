// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <moesaic/concepts/speculation_governor.hpp>
#include <moesaic/speculation/missing_by_prefix.hpp>

namespace moesaic::speculation {

/// Drafts as many tokens as promise the most accepted ones per time of a whole cycle, in which experts that are still missing count
/// with what moving them takes.
///
/// Source: the amortization roofline of MoE-SpeQ (arXiv 2511.14102, 3.2, equations 2 to 5):
///
///     k* = argmax over k of accepted(k) / cycle(k),   least <= k <= most, cycle(k) within the time limit if there is one
///     accepted(k) = p1 + p1 p2 + ... + p1 ... pk
///     cycle(k) = max(draft(k), first transfer) + transfers of what k + 1 rows miss + verify(k + 1)
///
/// Mechanism: all of it measured here. draft(k) is a base and a time per token; the first transfer is one of the largest expert; a
/// pass is known by its rows, between known ones interpolated, beyond them like the nearest. What of a stall was not foreseen as
/// missing experts counts as the pass. p of a place is the mean of its first trials, beginning with `prior`, then a moving average;
/// behind the first rejection nothing is learned. Two readings of "missing", which exists only after drafting, `per_step`:
///   0  before the window, what the last one still missed when its draft was over (what prefetching hid is not charged again);
///   1  while drafting, what the tokens so far miss, in proportion for one more; drafting stops where one more promises less.
/// What was drafted is verified. Deviations: the paper profiles offline, and leaves the correction or bonus token out of accepted(k)
/// (`bonus` 1 counts it; without it 0 drafted tokens never win). A first window of `least` tokens stands for its warm-up. No
/// length within the time limit, or a link that moves nothing or has no number for a rate: 0, plain decoding. With `bonus` 1 and
/// `least` 0 it may come to draft nothing and then learns nothing more. Under a time limit it drafts at most one token more than it has
/// measured passes for, and so begins with none.
/// Cost: `longest` O(most), O(1) per question while drafting; with `per_step` 1, and before verifying, O(layers + experts expected).
/// 3 KiB.
/// State and Ties: acceptance, times and the last window's missing experts. Equal promise: the shorter draft. Threads: one at a time.
/// Knobs: `most`, tokens, default 16, 1 to 63; `least`, default 1; `smoothing`, percent, default 10, weight of the newest trial and
/// pass; `prior`, percent, default 90, at least 1; `per_step`, 0 or 1, default 0; `bonus`, 0 or 1, default 0.
///
///     speculation::amortization_roofline governor{.most = 8};
struct amortization_roofline {
  using hears = events<inventory, draft_started, token_drafted>;
  static constexpr std::uint32_t places = forecast::longest_window - 1;

  std::uint32_t most = 16;
  std::uint32_t least = 1;
  std::uint32_t smoothing = 10;
  std::uint32_t prior = 90;
  std::uint32_t per_step = 0;
  std::uint32_t bonus = 0;

  void on(const inventory& all) {
    state_ = {};
    state_.layers = all.shape.layers();
    state_.largest = all.shape.largest();
    state_.stands.fill(static_cast<double>(prior) / 100);
  }
  void on(const draft_started&) noexcept { state_.in_tokens = 0; }
  void on(const token_drafted& token) noexcept {
    const double took = sane(token.took);
    state_.in_tokens += took;
    state_.per_token = state_.per_token > 0 ? state_.per_token + 0.25 * (took - state_.per_token) : took;
  }

  template <utility_scorer S>
  [[nodiscard]] draft_length longest(const speculation_scene<S>& scene) const noexcept {
    if (!moves(scene.link)) return {0};
    const std::uint32_t measured = scene.time_limit.count > 0 ? state_.passes.rows() : places;
    const std::uint32_t end = std::min({most, scene.possible.count, places, measured}), first = std::min(least, end);
    if (!state_.passes.knows()) return {std::min(std::max(first, 1U), end)};
    std::uint32_t best = 0;
    double most_per_time = 0;
    for (std::uint32_t k = first; k <= end; ++k) {
      const double cycle = takes(k, per_step != 0 ? bytes{} : state_.missing.size(k + 1), scene.link);
      if (scene.time_limit.count > 0 && !(cycle <= static_cast<double>(scene.time_limit.count))) continue;
      if (per_step != 0)
        best = k;  // as far as the limit allows; where to stop is decided on the way
      else if (const double promise = per_time(k, cycle); promise > most_per_time) {
        best = k;
        most_per_time = promise;
      }
    }
    return {best};
  }
  template <utility_scorer S>
  [[nodiscard]] bool keep_drafting(const speculation_scene<S>& scene) noexcept {
    const std::uint32_t k = scene.drafted.count;
    if (!moves(scene.link) || k >= std::min({most, scene.possible.count, places})) return false;
    if (per_step == 0 || k == 0 || k < least) return true;
    state_.missing.measure(scene, state_.layers);
    const bytes now = state_.missing.size(k + 1), next{now.count + now.count / k};
    return per_time(k + 1, takes(k + 1, next, scene.link)) > per_time(k, takes(k, now, scene.link));
  }
  template <utility_scorer S>
  [[nodiscard]] draft_length verify(const speculation_scene<S>& scene) noexcept {
    state_.missing.measure(scene, state_.layers);
    state_.link = scene.link;
    return moves(scene.link) ? scene.drafted : draft_length{0};
  }
  void observe(const step_outcome& outcome) noexcept {
    const std::uint32_t verified = std::min(outcome.verified.count, places);
    for (std::uint32_t i = 0; i < verified && i <= outcome.accepted.count; ++i) {
      const double trials = static_cast<double>(++state_.trials[i]) + 1;  // the prior is one
      state_.stands[i] += std::max(1 / trials, weight()) * ((i < outcome.accepted.count ? 1.0 : 0.0) - state_.stands[i]);
    }
    if (outcome.drafted.count != 0) state_.base += 0.25 * (std::max(sane(outcome.drafting) - state_.in_tokens, 0.0) - state_.base);
    const double foreseen = verified == 0 ? 0 : moving(state_.missing.size(verified + 1), state_.link);
    const double pass = sane(outcome.verifying) - std::min(std::min(sane(outcome.stalled), sane(outcome.verifying)), foreseen);
    if (pass > 0) state_.passes.add(verified + 1, pass, weight());
  }

  /// p1 + p1 p2 + ... + p1 ... pk: drafted tokens that are expected to stand.
  [[nodiscard]] static constexpr double accepted(std::span<const double> p, std::uint32_t k) noexcept {
    double sum = 0, all = 1;
    for (std::size_t i = 0; i < k && i < p.size(); ++i) sum += all *= p[i];
    return sum;
  }

  /// Times of passes by rows, in nanoseconds.
  class profile {
   public:
    [[nodiscard]] bool knows() const noexcept { return first_ != 0; }
    [[nodiscard]] std::uint32_t rows() const noexcept { return last_; }  ///< of the longest pass; 0: none yet
    void add(std::uint32_t rows, double took, double weight) noexcept {
      times_[rows] = times_[rows] > 0 ? times_[rows] + weight * (took - times_[rows]) : took;
      first_ = first_ == 0 ? rows : std::min(first_, rows);
      last_ = std::max(last_, rows);
    }
    [[nodiscard]] double at(std::uint32_t rows) const noexcept {
      if (!knows()) return 0;
      const std::uint32_t inside = std::clamp(rows, first_, last_);
      std::uint32_t below = inside, above = inside;
      while (times_[below] <= 0) --below;  // first_ and last_ are known, so both walks end
      while (times_[above] <= 0) ++above;
      if (below == above) return times_[inside];
      return times_[below] + (times_[above] - times_[below]) * static_cast<double>(inside - below) / static_cast<double>(above - below);
    }

   private:
    std::array<double, forecast::longest_window + 1> times_{};
    std::uint32_t first_ = 0, last_ = 0;
  };
  struct memory {
    std::uint32_t layers = 0;
    bytes largest{};
    std::array<double, places> stands{};         ///< p by place
    std::array<std::uint32_t, places> trials{};
    profile passes;
    double base = 0, per_token = 0;              ///< of a draft, nanoseconds
    double in_tokens = 0;                        ///< what the tokens of this draft took
    missing_by_prefix missing;
    link_view link;                              ///< as it was before verifying
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  static constexpr double never = 9e18;
  [[nodiscard]] static bool moves(const link_view& link) noexcept { return link.rate.count > 0; }
  [[nodiscard]] static double sane(nanoseconds t) noexcept { return static_cast<double>(std::max<std::int64_t>(t.count, 0)); }
  [[nodiscard]] double weight() const noexcept { return static_cast<double>(smoothing) / 100; }
  [[nodiscard]] static double moving(bytes n, const link_view& link) noexcept { return n.count == 0 ? 0.0 : static_cast<double>(link.time_for(n).count); }
  [[nodiscard]] double takes(std::uint32_t k, bytes missing, const link_view& link) const noexcept {
    const double drafting = k == 0 ? 0 : std::max(state_.base + state_.per_token * k, moving(state_.largest, link));
    return drafting + moving(missing, link) + state_.passes.at(k + 1);
  }
  [[nodiscard]] double per_time(std::uint32_t k, double cycle) const noexcept {
    if (!(cycle > 0 && cycle < never)) return 0;
    return (accepted(state_.stands, k) + (bonus != 0 ? 1 : 0)) / cycle;
  }
};

static_assert(speculation_governor<amortization_roofline>, "amortization_roofline no longer models speculation_governor");
static_assert([] {  // two drafted tokens at 0.9: 0.9 + 0.81
  constexpr std::array<double, 2> p{0.9, 0.9};
  const double sum = amortization_roofline::accepted(p, 2);
  return sum > 1.7099999 && sum < 1.7100001;
}());

}  // namespace moesaic::speculation
