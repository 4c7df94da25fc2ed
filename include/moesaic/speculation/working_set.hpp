// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>

#include <moesaic/concepts/speculation_governor.hpp>
#include <moesaic/speculation/acceptance_estimate.hpp>
#include <moesaic/speculation/confidence_record.hpp>
#include <moesaic/speculation/loss_ledger.hpp>
#include <moesaic/speculation/row_demand.hpp>
#include <moesaic/speculation/step_times.hpp>

namespace moesaic::speculation {

/// Drafts as far as a further row brings more tokens per time than its experts cost: over the experts that any decoding needs (the
/// working-set floor), what a window pushes out of a full memory (the ceiling), and the bytes moved for rows that fall. It may answer
/// 0, decides anew after every drafted token, and keeps an account of what it may lose.
///
/// Source: ours. The argmax is MoE-SpeQ's (arXiv 2511.14102) and SmartSpec's (2406.14066), the loss bound answers Cascade (2506.20675).
/// Mechanism: with E(k) expected committed tokens (acceptance_estimate, corrected by what drafter's claims were worth), w(k) and x(k)
/// the widening and the exposed transfers of k rows (row_demand), c a line through measured computing times over w:
///
///     length = argmax over k of E(k) / (k * draft + c(w(k)) + x(k)),  k = 0 priced as a step without windows around it
///
/// The first step drafts half of `length`. Where 0 is best, trials: the shortest draft, or the one that would be best if acceptance were a
/// standard deviation better; after each in vain twice as many plain steps pass, up to 64, fewer where a trial would cost little;
/// a token that stands against the odds begins anew. Where a draft is best, one in 13 windows is half as long again, so that
/// the rows behind it are known; and after 16, 32, then every 64 windows two plain steps show what is to be beaten.
/// A time limit per step cuts the length, and under one nothing is drafted blindly: the first step is plain, the first draft one token.
/// Bound: over any stretch, at most `allowance` plain steps + `loss` percent of its time + one window slower than not speculating,
/// as far as the estimate of a plain step is right (loss_ledger has the proof). Against the best fixed length nothing is proved; what
/// was measured stands in docs/reference/governors.md.
/// Cost: O(length^2) per question, O(tokens x top-k) per event, 5 bytes per expert of the model.
/// State and Ties: averages, the account. Equal rates: the shorter draft. Steps whose times make no sense teach nothing, and while time
/// does not pass at all it answers 0.
/// Threads: one at a time.
/// Knobs: `length`, tokens, default 8, at most 63. `loss`, percent, default 2. `allowance`, plain steps, default 24.
///
///     speculation::working_set governor{.length = 8};
struct working_set {
  using hears = events<inventory, layer_event, admitted, evicted>;

  std::uint32_t length = 8;
  std::uint32_t loss = 2;
  std::uint32_t allowance = 24;

  template <class Event>
    requires(hears::template include<Event>)
  void on(const Event& event) noexcept(!std::same_as<Event, inventory>) {
    state_.rows.on(event);
  }

  template <utility_scorer S>
  [[nodiscard]] draft_length longest(const speculation_scene<S>& scene) const noexcept {
    return {choose(scene).length};
  }
  template <utility_scorer S>
  [[nodiscard]] bool keep_drafting(const speculation_scene<S>& scene) noexcept {
    take_claim(scene);
    const choice now = choose(scene);
    const std::uint32_t drafted = scene.drafted.count;
    if (drafted >= now.length) return false;
    if (now.trial) return true;
    const double stopping = best_prefix(drafted).rate;
    for (std::uint32_t k = drafted + 1; k <= now.length; ++k)
      if (rate(k, k) > stopping) return true;
    return false;
  }
  template <utility_scorer S>
  [[nodiscard]] draft_length verify(const speculation_scene<S>& scene) noexcept {
    take_claim(scene);
    return {choose(scene).trial ? scene.drafted.count : best_prefix(std::min(scene.drafted.count, row_demand::rows - 1)).length};
  }
  void observe(const step_outcome& outcome) noexcept {
    memory& s = state_;
    const bool drafted = outcome.drafted.count != 0;
    const bool surprise = outcome.accepted.count != 0 && s.accepted.at(0) < 0.25;
    const double missed = s.rows.missed_by(outcome.committed.count);
    if (!s.times.observe(outcome, s.rows.widened(outcome.verified.count))) return s.rows.forget_step();
    s.accepted.observe(outcome);
    s.claims.observe(outcome);
    s.rows.end_step(outcome.verified.count, drafted, static_cast<double>(std::min(outcome.stalled, outcome.verifying).count));
    drafted ? after_window(outcome, surprise) : after_plain_step();
    const double took = static_cast<double>((outcome.drafting + outcome.verifying).count);
    // While the cache fills, the window's own rows say exactly what plain steps would have moved.
    const double one_by_one =
        s.rows.full() ? plain_time() * outcome.committed.count : s.times.computing(0) * outcome.committed.count + missed * s.rows.waiting_per_byte();
    s.ledger.observe(took, drafted ? one_by_one : took, plain_time(), loss, allowance);
    s.begun = true;
  }

  struct memory {
    row_demand rows;
    step_times times;
    acceptance_estimate accepted;
    confidence_record claims;
    loss_ledger ledger;
    std::uint32_t failures = 0;       ///< trials in vain, one after the other
    std::uint32_t since_trial = 0;    ///< plain steps since the last window
    std::uint32_t since_plain = 0;    ///< windows since the last plain step
    std::uint32_t patience = 16;      ///< how many of these are enough
    std::uint32_t plain_run = 0;
    std::uint32_t since_wider = 0, usual = 0;
    bool refreshing = false, begun = false;
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  struct choice {
    std::uint32_t length = 0;
    bool trial = false;
  };
  struct priced {
    std::uint32_t length = 0;
    double rate = 0;
  };
  static constexpr std::uint32_t longest_pause = 64, wider_every = 12;

  template <class S>
  [[nodiscard]] choice choose(const speculation_scene<S>& scene) const noexcept {
    const memory& s = state_;
    const bool limited = scene.time_limit.count > 0;
    const std::uint32_t allowed = limited && !s.times.knows_drafting() ? 1 : length;
    const std::uint32_t most = std::min({allowed, length, scene.possible.count, row_demand::rows - 1});
    if (most == 0 || (limited && !s.begun)) return {};
    if (!s.begun) return {std::min(most, std::max(length / 2, 1U)), true};
    const double plain = plain_time();
    if (!(plain > 0) || s.since_plain >= s.patience || (s.refreshing && s.plain_run == 1) || !s.ledger.solvent()) return {};
    auto [best, best_rate] = best_of(most, scene.time_limit);
    if (best != 0) {
      if (s.since_wider < wider_every || best == most) return {best, false};
      const std::uint32_t wider = std::min(most, best + std::max(best / 2, 1U));
      return fits(wider, scene.time_limit) ? choice{wider, true} : choice{best, false};
    }
    std::uint32_t trial = 1;
    for (std::uint32_t k = 1; k <= most; ++k)
      if (const double hoped = s.accepted.hoped(k) / time(k, k); hoped > best_rate && fits(k, scene.time_limit)) {
        trial = k;
        best_rate = hoped;
      }
    const double takes = time(trial, trial);
    const double costs = std::max(takes - rate(trial, trial) * takes * plain, 0.0);
    if (s.since_trial + 1 < std::min(static_cast<double>(1U << s.failures), longest_pause * costs / plain)) return {};
    return s.ledger.affords(takes - plain) && fits(trial, scene.time_limit) ? choice{trial, true} : choice{};
  }
  [[nodiscard]] double plain_time() const noexcept { return state_.times.computing(0) + state_.rows.plainly_exposed(); }
  [[nodiscard]] double time(std::uint32_t drafted, std::uint32_t verified) const noexcept {
    return state_.times.drafting(drafted) + state_.times.computing(state_.rows.widening(verified)) + state_.rows.exposed(verified);
  }
  [[nodiscard]] bool fits(std::uint32_t k, nanoseconds limit) const noexcept { return limit.count <= 0 || time(k, k) <= static_cast<double>(limit.count); }
  /// Tokens per nanosecond of a window that drafts so many tokens and verifies the first of them.
  [[nodiscard]] double rate(std::uint32_t drafted, std::uint32_t verified) const noexcept {
    const double takes = time(drafted, verified);
    if (!(takes > 0)) return 0;
    double sum = 1, survives = 1;
    for (std::uint32_t i = 0; i < verified; ++i) sum += survives *= state_.claims.stands(i, state_.accepted.at(i));
    return sum / takes;
  }
  [[nodiscard]] priced best_of(std::uint32_t most, nanoseconds limit) const noexcept {
    priced best{0, 1 / plain_time()};
    for (std::uint32_t k = 1; k <= most; ++k)
      if (const double its = rate(k, k); its > best.rate && fits(k, limit)) best = {k, its};
    return best;
  }
  /// Drafting is paid for; how many rows are worth verifying?
  [[nodiscard]] priced best_prefix(std::uint32_t drafted) const noexcept {
    priced best{0, rate(drafted, 0)};
    for (std::uint32_t j = 1; j <= drafted; ++j)
      if (const double its = rate(drafted, j); its > best.rate) best = {j, its};
    return best;
  }
  template <class S>
  void take_claim(const speculation_scene<S>& scene) noexcept {
    if (scene.drafted.count != 0) state_.claims.claim(scene.drafted.count - 1, scene.last_probability);
  }
  void after_window(const step_outcome& outcome, bool surprise) noexcept {
    memory& s = state_;
    s.since_wider = outcome.verified.count > s.usual ? 0 : s.since_wider + 1;
    s.usual = outcome.verified.count;
    ++s.since_plain;
    s.plain_run = s.since_trial = 0;
    const bool pays = plain_time() > 0 && best_of(std::min(length, row_demand::rows - 1), {}).length != 0;
    s.failures = pays || surprise ? 0 : std::min(s.failures + 1, 6U);
  }
  void after_plain_step() noexcept {
    memory& s = state_;
    s.refreshing = s.since_plain >= s.patience;
    if (s.refreshing) s.patience = std::min(s.patience * 2, longest_pause);
    s.since_plain = 0;
    ++s.plain_run;
    ++s.since_trial;
  }
};

static_assert(speculation_governor<working_set>, "working_set no longer models speculation_governor");

}  // namespace moesaic::speculation
