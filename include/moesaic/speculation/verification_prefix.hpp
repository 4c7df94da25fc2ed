// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include <moesaic/concepts/speculation_governor.hpp>
#include <moesaic/speculation/missing_by_prefix.hpp>
#include <moesaic/speculation/step_times.hpp>

namespace moesaic::speculation {

/// Drafts the same number of tokens in every step, and verifies only the prefix that pays.
///
/// Source: EVICT (arXiv 2605.00342): k* = argmax E[accepted of the first k] / C(k), with the drafter's path probabilities for E and a
/// profiled C. Deviations: chains, not trees; C is measured while decoding; pricing what is missing by residency is ours.
/// Mechanism: E(k) = 1 + the sum of the products of the drafter's own probabilities, as claimed; C(k) = a line through measured passes,
/// or, with `residency`, the line through their computing times + what the link takes for the absent experts that the forecast names for
/// the first k + 1 rows. k = 0 takes part: the step is then plain, its draft paid for in vain. While nothing is measured it
/// verifies everything.
/// Cost: O(length) per question; with `residency` O(experts expected) once per window.
/// State and Ties: the lines, the window's claims. Equal rates: the shorter prefix. A claim that is no number counts as 0.
/// Threads: one at a time. It always drafts: where speculation never pays it loses the drafting.
/// Knobs: `length`, tokens, default 8, at most 63. `residency`, 0 or 1, default 1; without a link that says its rate, as 0.
///
///     speculation::verification_prefix governor{.length = 8};
struct verification_prefix {
  using hears = events<>;

  std::uint32_t length = 8;
  std::uint32_t residency = 1;

  template <utility_scorer S>
  [[nodiscard]] draft_length longest(const speculation_scene<S>& scene) const noexcept {
    return {std::min({length, scene.possible.count, 63U})};
  }
  template <utility_scorer S>
  [[nodiscard]] bool keep_drafting(const speculation_scene<S>& scene) noexcept {
    take_claim(scene);
    return scene.drafted < longest(scene);
  }
  template <utility_scorer S>
  [[nodiscard]] draft_length verify(const speculation_scene<S>& scene) noexcept {
    take_claim(scene);
    const std::uint32_t drafted = std::min(scene.drafted.count, 63U);
    if (!state_.times.knows()) return {drafted};
    const bool priced = residency != 0 && scene.link.rate.count > 0;
    if (priced) state_.missing.measure(scene, scene.residency.shape().layers());
    const double spent = state_.times.drafting(drafted);
    draft_length best{};
    double most_per_time = -1;
    double tokens = 1, survives = 1;
    for (std::uint32_t k = 0; k <= drafted; ++k) {
      if (k > 0) tokens += survives *= state_.claims[k - 1];
      double takes = spent + (priced ? state_.times.computing(k) : state_.times.pass(k));
      if (const bytes moved = state_.missing.size(k + 1); priced && moved.count > 0) takes += static_cast<double>(scene.link.time_for(moved).count);
      if (!(takes > 0)) return {drafted};  // time does not pass: everything is free
      if (tokens / takes <= most_per_time) continue;
      most_per_time = tokens / takes;
      best = {k};
    }
    return best;
  }
  void observe(const step_outcome& outcome) noexcept { (void)state_.times.observe(outcome); }

  struct memory {
    step_times times;
    missing_by_prefix missing;
    std::array<double, 64> claims{};
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  template <class S>
  void take_claim(const speculation_scene<S>& scene) noexcept {
    if (scene.drafted.count == 0 || scene.drafted.count > state_.claims.size()) return;
    const float p = scene.last_probability;
    state_.claims[scene.drafted.count - 1] = p > 0 ? std::min(static_cast<double>(p), 1.0) : 0.0;
  }
};

static_assert(speculation_governor<verification_prefix>, "verification_prefix no longer models speculation_governor");

}  // namespace moesaic::speculation
