// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include <moesaic/concepts/utility_scorer.hpp>

namespace moesaic::scoring {

/// Finds an expert worth the more the later it was used.
///
/// Source: textbook; the scorer behind least-recently-used.
/// Mechanism: score = number of the last event that used the expert, from 1; never used: 0.
/// Cost: O(1) per use and score; 8 bytes per expert of the model.
/// State and Ties: nothing is forgotten. All experts of one event score the same.
/// Threads: one at a time. No knobs.
///
///     scoring::recency scores;                                 // events {1, 2}, {1}
///     scores.score(make_expert(0, 1)) > scores.score(make_expert(0, 2));
class recency {
 public:
  using hears = events<inventory, layer_event>;

  void on(const inventory& all) {
    space_ = all.space();
    last_.assign(space_.size(), utility{});
  }
  void on(const layer_event& event) noexcept {
    now_ += utility{1};
    for (const demand& d : event.wanted) last_[space_.flat(event.layer, d.expert)] = now_;
  }
  [[nodiscard]] utility score(expert_id e) const noexcept { return last_[space_.flat(e)]; }

 private:
  expert_space space_;
  std::vector<utility> last_;
  utility now_{};  ///< events heard
};

static_assert(utility_scorer<recency>, "recency no longer models utility_scorer");

}  // namespace moesaic::scoring
