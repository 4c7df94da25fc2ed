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
/// A drafter is tried without the target first: one token is drafted, nothing is verified, and the step says whether the target went on
/// with it (`beyond`). That costs a drafted token, no experts. It is done where drafts would pay if all stood, and not again for twice as many plain
/// steps after each that changed nothing, up to 64, fewer where drafting is cheap. Who does not learn `beyond` verifies the token.
/// A window is tried, with the same pauses, where it would pay if acceptance were a deviation better and rows that few windows had missed
/// nothing; where drafts pay, longer windows are tried so. After 16, 32, then every 64 windows, times what they gain, 2 to 8
/// plain steps show what is to be beaten, fewer where windows gain much.
/// A time limit per step cuts the length, and under one nothing is drafted blindly: the first step is plain, the first draft one token.
/// Bound: over any stretch, at most `allowance` plain steps + `loss` percent of its time + one window slower than not speculating,
/// as far as the estimate of a plain step is right (loss_ledger has the proof). Against the best fixed length nothing is proved; what
/// was measured stands in docs/reference/governors.md.
/// Cost: O(length^2) per question, O(tokens x top-k) per event, 5 bytes per expert of the model.
/// State and Ties: averages, the account. Equal rates: the shorter draft. Steps whose times make no sense teach nothing, and while time
/// does not pass at all it answers 0.
/// Threads: one at a time.
/// Knobs: `length`, tokens, default 8, at most 63. `loss`, percent, default 2. `allowance`, plain steps, default 12: with `loss`, below
/// 5 % of 512 tokens.
///
///     speculation::working_set governor{.length = 8};
struct working_set {
  using hears = events<inventory, layer_event, admitted, evicted>;

  std::uint32_t length = 8;
  std::uint32_t loss = 2;
  std::uint32_t allowance = 12;

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
      if (window_of(k, k).rate() > stopping) return true;
    return false;
  }
  template <utility_scorer S>
  [[nodiscard]] draft_length verify(const speculation_scene<S>& scene) noexcept {
    take_claim(scene);
    const choice now = choose(scene);
    if (now.unseen) return {0};
    return {now.trial ? scene.drafted.count : best_prefix(std::min(scene.drafted.count, row_demand::rows - 1)).length};
  }
  void observe(const step_outcome& outcome) noexcept {
    memory& s = state_;
    const bool verified = outcome.verified.count != 0;
    const double missed = s.rows.missed_by(outcome.committed.count);
    if (!s.times.observe(outcome, s.rows.widened(outcome.verified.count))) return s.rows.forget_step();
    s.accepted.observe(outcome);
    s.claims.observe(outcome);
    if (outcome.drafted.count != 0 && !verified) s.silent = outcome.beyond == step_outcome::fate::unknown;
    s.rows.end_step(outcome.verified.count, outcome.accepted.count, static_cast<double>(std::min(outcome.stalled, outcome.verifying).count));
    const double passing = static_cast<double>(outcome.verifying.count), took = passing + static_cast<double>(outcome.drafting.count);
    verified ? after_window(outcome) : after_plain_step(outcome);
    // While the cache fills, the window's own rows say exactly what plain steps would have moved.
    const double one_by_one =
        s.rows.full() ? plain_time() * outcome.committed.count : s.times.anchored(0) * outcome.committed.count + missed * s.rows.waiting_per_byte();
    s.ledger.observe(took, verified ? one_by_one : passing, plain_time(), loss, allowance);
    s.begun = true;
  }

  static constexpr std::uint32_t longest_pause = 64;
  /// Tries of one kind: after each in vain twice as many steps pass.
  struct trials {
    std::uint32_t failures = 0;  ///< one after the other
    std::uint32_t pause = 0;     ///< steps since the last
    void judge(bool pays) noexcept {
      pause = 0;
      failures = pays ? 0 : std::min(failures + 1, 6U);
    }
    [[nodiscard]] bool due(double at_most = longest_pause) const noexcept { return pause + 1 >= std::min(static_cast<double>(1U << failures), at_most); }
  };
  struct memory {
    row_demand rows;
    step_times times;
    acceptance_estimate accepted;
    confidence_record claims;
    loss_ledger ledger;
    trials wider, real, unseen;     ///< windows longer than what seemed best; windows where none seemed to pay; drafts not verified
    std::uint32_t since_plain = 0;  ///< windows since the last plain step
    std::uint32_t patience = 16;    ///< how many of these are enough
    std::uint32_t plain_run = 0;
    std::uint32_t usual = 0;  ///< what seemed best behind the last window
    bool refreshing = false, begun = false;
    bool silent = false;  ///< nobody says what becomes of tokens that are not verified
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  enum class luck : std::uint8_t { usual, more, all };  ///< drafts stand as often as so far, a deviation more often, always
  struct choice {
    std::uint32_t length = 0;
    bool trial = false;
    bool unseen = false;  ///< drafted only to see whether it would have stood
  };
  struct priced {
    std::uint32_t length = 0;
    double rate = 0;
  };
  struct window {
    double tokens = 1, takes = 0;
    [[nodiscard]] double rate() const noexcept { return takes > 0 ? tokens / takes : 0; }
  };

  template <class S>
  [[nodiscard]] choice choose(const speculation_scene<S>& scene) const noexcept {
    const memory& s = state_;
    const bool limited = scene.time_limit.count > 0;
    const std::uint32_t allowed = limited && !s.times.knows_drafting() ? 1 : length;
    const std::uint32_t most = std::min({allowed, length, scene.possible.count, row_demand::rows - 1});
    if (most == 0 || (limited && !s.begun)) return {};
    if (!s.begun) return {1, true, true};
    const double plain = plain_time();
    if (!(plain > 0) || (s.refreshing && s.plain_run < refresh())) return {};
    const auto [best, best_rate] = best_of(most, scene.time_limit);
    if (s.accepted.knows() && best != 0 && s.ledger.solvent()) {
      if (s.since_plain >= s.patience * best_rate * plain) return {};
      const priced wider = s.wider.due() ? hopeful(best + 1, most, best_rate, scene.time_limit) : priced{};
      return wider.length != 0 ? choice{wider.length, true} : choice{best, false};
    }
    if (s.accepted.knows() && s.real.due())
      if (const priced hope = hopeful(1, most, best_rate, scene.time_limit); hope.length != 0) {
        const window its = window_of(hope.length, hope.length);
        if (s.ledger.affords(its.takes - its.tokens * plain)) return {hope.length, true};
      }
    bool could_pay = false;
    for (std::uint32_t k = 1; k <= most; ++k) could_pay = could_pay || (window_of(k, k, luck::all).rate() > best_rate && fits(k, scene.time_limit));
    if (!could_pay) return {};
    const window its = window_of(1, 1);
    const double costs = s.silent ? std::max(its.takes - its.tokens * plain, 0.0) : s.times.drafting(1);
    if (!(s.silent ? s.real : s.unseen).due(longest_pause * costs / plain)) return {};
    return s.ledger.affords(s.silent ? its.takes - plain : costs) ? choice{1, true, !s.silent} : choice{};
  }
  /// How many plain steps show what is to be beaten: the fewer, the more each gives away.
  [[nodiscard]] std::uint32_t refresh() const noexcept {
    const double gain = best_of(std::min(length, row_demand::rows - 1), {}).rate * plain_time();
    return static_cast<std::uint32_t>(std::clamp(gain / std::max(gain - 1, 0.01), 2.0, 8.0));
  }
  [[nodiscard]] double plain_time() const noexcept { return state_.times.anchored(0) + state_.rows.plainly_exposed(); }
  [[nodiscard]] bool fits(std::uint32_t k, nanoseconds limit) const noexcept {
    return limit.count <= 0 || window_of(k, k).takes <= static_cast<double>(limit.count);
  }
  /// A window that drafts so many tokens and verifies the first of them.
  [[nodiscard]] window window_of(std::uint32_t drafted, std::uint32_t verified, luck with = luck::usual) const noexcept {
    const memory& s = state_;
    row_demand::row_price row = s.rows.first_row();
    window its{1, s.times.drafting(drafted) + s.times.anchored(s.rows.widening(verified)) + row.right};
    double survives = 1;
    for (std::uint32_t i = 0; i < verified; ++i) {
      row = s.rows.behind_row(row, with == luck::usual ? row_demand::unmeasured::alike : row_demand::unmeasured::free);
      const double usual = s.claims.stands(i, s.accepted.at(i));
      survives *= with == luck::usual ? usual : with == luck::more ? std::min(usual + s.accepted.deviation(), 1.0) : 1.0;
      its.tokens += survives;
      its.takes += survives * row.right + (1 - survives) * row.wrong;
    }
    return its;
  }
  [[nodiscard]] priced best_of(std::uint32_t most, nanoseconds limit) const noexcept {
    priced best{0, 1 / plain_time()};
    for (std::uint32_t k = 1; k <= most; ++k)
      if (const double its = window_of(k, k).rate(); its > best.rate && fits(k, limit)) best = {k, its};
    return best;
  }
  /// The best of these lengths if drafts stood a little more often, and rows that few windows had cost little; of length 0 if none beats `rate`.
  [[nodiscard]] priced hopeful(std::uint32_t least, std::uint32_t most, double rate, nanoseconds limit) const noexcept {
    priced best{0, rate};
    for (std::uint32_t k = least; k <= most; ++k)
      if (const double its = window_of(k, k, luck::more).rate(); its > best.rate && fits(k, limit)) best = {k, its};
    return best;
  }
  /// Drafting is paid for; how many rows are worth verifying?
  [[nodiscard]] priced best_prefix(std::uint32_t drafted) const noexcept {
    priced best{0, 1 / (plain_time() + state_.times.drafting(drafted))};
    for (std::uint32_t j = 1; j <= drafted; ++j)
      if (const double its = window_of(drafted, j).rate(); its > best.rate) best = {j, its};
    return best;
  }
  template <class S>
  void take_claim(const speculation_scene<S>& scene) noexcept {
    if (scene.drafted.count != 0) state_.claims.claim(scene.drafted.count - 1, scene.last_probability);
  }
  void after_window(const step_outcome& outcome) noexcept {
    memory& s = state_;
    const std::uint32_t best = plain_time() > 0 ? best_of(std::min(length, row_demand::rows - 1), {}).length : 0;
    if (outcome.verified.count > s.usual)
      s.wider.judge(best > s.usual);
    else
      ++s.wider.pause;
    s.usual = best;
    ++s.since_plain;
    s.plain_run = 0;
    s.real.judge(pays());
    s.unseen = {};
  }
  void after_plain_step(const step_outcome& outcome) noexcept {
    memory& s = state_;
    if (s.since_plain >= s.patience) {
      s.refreshing = true;
      s.patience = std::min(s.patience * 2, longest_pause);
    }
    s.since_plain = 0;
    ++s.plain_run;
    if (plain_time() > 0 && s.plain_run >= refresh()) s.refreshing = false;
    ++s.real.pause;
    if (outcome.drafted.count != 0)
      s.unseen.judge(pays());
    else
      ++s.unseen.pause;
  }
  [[nodiscard]] bool pays() const noexcept { return plain_time() > 0 && best_of(std::min(length, row_demand::rows - 1), {}).length != 0; }
};

static_assert(speculation_governor<working_set>, "working_set no longer models speculation_governor");

}  // namespace moesaic::speculation
