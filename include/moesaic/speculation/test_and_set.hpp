// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include <moesaic/concepts/speculation_governor.hpp>
#include <moesaic/speculation/step_times.hpp>

namespace moesaic::speculation {

/// Tries lengths for a few steps each, keeps the best for a while, and stays away from speculation the longer the more often it
/// did not pay.
///
/// Source: Cascade (arXiv 2506.20675): utility U = tokens per step / (time of a speculating step / time of a plain one).
/// Mechanism: plain steps give the base time, at the start and again after `refresh` steps. A test has at most four trials of
/// four steps: it begins with the best length so far (half of `length` at first) and climbs up or down by one for as long as
/// utility improves by a tenth. U of length 1 below 1 means: do not speculate. Then the best length, or 0, is set for 16 steps;
/// each 0 in a row doubles that, up to 1,024; another choice ends the doubling.
/// Deviations: the climb turns round once if its first step loses; a step whose times make no sense teaches nothing.
/// Cost: O(1). State and Ties: the trial that runs and the best one so far; equal utilities: the earlier trial.
/// Threads: one at a time. It knows nothing of experts: time says it all, later.
/// Knobs: `length`, tokens, default 4, at most 63. `refresh`, steps, default 100, at least 8.
///
///     speculation::test_and_set governor{.length = 4};
struct test_and_set {
  using hears = events<>;

  std::uint32_t length = 4;
  std::uint32_t refresh = 100;

  template <utility_scorer S>
  [[nodiscard]] draft_length longest(const speculation_scene<S>& scene) const noexcept {
    return {std::min({tried(), length, scene.possible.count, 63U})};
  }
  template <utility_scorer S>
  [[nodiscard]] bool keep_drafting(const speculation_scene<S>& scene) const noexcept {
    return scene.drafted < longest(scene);
  }
  template <utility_scorer S>
  [[nodiscard]] draft_length verify(const speculation_scene<S>& scene) const noexcept {
    return scene.drafted;
  }
  void observe(const step_outcome& outcome) noexcept {
    memory& s = state_;
    ++s.since_base;
    if (!step_times::sane(outcome.drafting) || !step_times::sane(outcome.verifying)) return;
    s.time += static_cast<double>((outcome.drafting + outcome.verifying).count);
    s.tokens += outcome.committed.count;
    if (++s.steps < (s.at == stage::set ? s.set_for : trial_steps)) return;
    end_of_stretch();
    s.time = s.tokens = 0;
    s.steps = 0;
  }

  enum class stage : std::uint8_t { base, trial, set };
  struct memory {
    stage at = stage::base;
    std::uint32_t steps = 0, set_for = 16, since_base = 0, zeros = 0;
    std::uint32_t chosen = 0;      ///< the length that is set
    std::uint32_t favourite = 0;   ///< the best length above 0 so far; 0: none yet
    std::uint32_t trial = 0, trials = 0;
    std::uint32_t best = 0;
    std::int32_t direction = 1;
    double best_utility = 0;
    double time = 0, tokens = 0, base = 0;
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  static constexpr std::uint32_t trial_steps = 4;

  [[nodiscard]] std::uint32_t tried() const noexcept { return state_.at == stage::base ? 0 : state_.at == stage::trial ? state_.trial : state_.chosen; }
  void end_of_stretch() noexcept {
    memory& s = state_;
    if (s.at == stage::base) {
      s.base = s.time / trial_steps;
      s.since_base = 0;
      return begin_test();
    }
    if (s.at == stage::set) {
      if (s.chosen == 0 && s.tokens > 0) {
        s.base = s.time / s.tokens;
        s.since_base = 0;
      }
      if (s.since_base < std::max(refresh, 8U)) return begin_test();
      s.at = stage::base;
      return;
    }
    const double per_step = s.time / trial_steps;
    const double utility = per_step > 0 ? s.tokens / trial_steps * s.base / per_step : 0;
    const bool better = s.trials == 0 || utility > s.best_utility * 1.1;
    if (s.trials == 0 || utility > s.best_utility) {
      s.best = s.trial;
      s.best_utility = utility;
    }
    const bool turns = !better && s.trials == 1 && s.direction > 0;
    if (turns) s.direction = -1;
    const std::int64_t next = static_cast<std::int64_t>(turns ? s.best : s.trial) + s.direction;
    if (++s.trials < 4 && (better || turns) && next >= 1 && next <= static_cast<std::int64_t>(length)) {
      s.trial = static_cast<std::uint32_t>(next);
      return;
    }
    set(s.best_utility >= 1 ? s.best : 0);
  }
  void begin_test() noexcept {
    memory& s = state_;
    if (length == 0) return set(0);
    s.at = stage::trial;
    s.trial = s.favourite != 0 ? s.favourite : std::max(std::min(length, 63U) / 2, 1U);
    s.trials = 0;
    s.direction = s.trial < length ? 1 : -1;
    s.best = 0;
    s.best_utility = 0;
  }
  void set(std::uint32_t to) noexcept {
    memory& s = state_;
    s.zeros = to != 0 ? 0 : std::min(s.zeros + 1, 7U);
    s.set_for = 16U << (to != 0 ? 0 : s.zeros - 1);
    s.at = stage::set;
    s.chosen = to;
    if (to != 0) s.favourite = to;
  }
};

static_assert(speculation_governor<test_and_set>, "test_and_set no longer models speculation_governor");

}  // namespace moesaic::speculation
