// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <moesaic/concepts/utility_scorer.hpp>
#include <moesaic/core/decayed_count.hpp>

namespace moesaic::scoring {

/// Finds an expert worth as many uses as it had, each counting half as much every `half_life` tokens.
///
/// Source: the count of LRFU (Lee et al., IEEE ToC 2001) on a clock of tokens.
/// Mechanism: F <- F * 2^(-tokens / half_life) + 1 at each event that uses the expert; score = the rank of F decayed to now,
/// as an integer (core/decayed_count.hpp). It orders; its differences mean nothing.
/// Cost: O(1) per use and score; 24 bytes per expert of the model and 8 per token of half-life.
/// State and Ties: nothing is forgotten but by decay. Equal histories score the same; never used: the lowest.
/// Threads: one at a time.
/// Knobs: `half_life`, tokens, default 32, 1 to 65,536 (what is outside counts as the nearer end).
///
///     scoring::decayed_frequency scores{.half_life = 16};
struct decayed_frequency {
  using hears = events<inventory, layer_event>;

  std::uint32_t half_life = 32;

  void on(const inventory& all) {
    state_ = {all.space(), decay_clock(std::clamp(half_life, 1U, 65'536U)), std::vector<decayed_count>(all.space().size()),
              std::vector<utility>(all.space().size(), utility::lowest())};
  }
  void on(const layer_event& event) noexcept {
    const decayed_count one = state_.clock.use_at(event.first_token);
    for (const demand& d : event.wanted) {
      const std::uint32_t flat = state_.space.flat(event.layer, d.expert);
      state_.uses[flat] += one;
      state_.scores[flat] = state_.uses[flat].worth();
    }
  }
  [[nodiscard]] utility score(expert_id e) const noexcept { return state_.scores[state_.space.flat(e)]; }

  struct memory {
    expert_space space;
    decay_clock clock;
    std::vector<decayed_count> uses;
    std::vector<utility> scores;
  };
  memory state_{};  ///< not a knob; public only so that the knob can be named where a bundle is written
};

static_assert(utility_scorer<decayed_frequency>, "decayed_frequency no longer models utility_scorer");

}  // namespace moesaic::scoring
