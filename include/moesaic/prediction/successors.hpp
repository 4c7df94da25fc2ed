// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/prediction/best_experts.hpp>
#include <moesaic/prediction/learning.hpp>
#include <moesaic/prediction/pair_counts.hpp>
#include <moesaic/prediction/recent_layers.hpp>

namespace moesaic::prediction {

/// Expects in each layer, one step later, what used to follow there on the experts it has just used.
///
/// Source: textbook first-order Markov chain over the experts of one layer. Mechanism: odds(b) = sum over the event's experts a
/// of pairs(a, b) / uses(a), pairs counted from one step to the next in the same layer (prediction/pair_counts.hpp), in 2^-15;
/// known a whole step ahead, and worth less than what the layers before say.
/// Cost: O(experts of the event x experts of a layer) per event, below 1 ns per pair. 2 bytes x layers x experts of a layer
/// squared (48 x 128: 1.5 MB), at most 256 MiB (above: it expects nothing); a forecast.
/// State and Ties: the counts and the last events. Integers only. Equal odds: the lower id is expected; odds of 0: never.
/// Threads: one at a time.
/// Knobs: `most`, experts per layer, default 0: the layer's top-k, or as many as its last event wanted where that is more.
///
///     prediction::successors predictor{.most = 8};
struct successors {
  using hears = events<inventory, layer_event, learning>;

  std::uint32_t most = 0;

  void on(const inventory& all) {
    state_ = {&all.shape,         forecast(all.space(), all.shape.layers(), all.shape.widest_layer()),
              recent_layers(all), pair_counts(all, all.shape.layers(), 1),
              best_experts(all),  std::vector<std::int32_t>(all.shape.widest_layer())};
  }
  void on(const learning& l) noexcept { state_.learns = l.on; }
  void on(const layer_event& event) noexcept {
    const std::uint32_t step = state_.shape->layers();
    state_.recent.begin(event);
    if (state_.learns) state_.pairs.learn(state_.recent, event);
    state_.recent.keep(event);
    if (state_.pairs.farthest() < step) return;
    const auto odds = std::span(state_.odds).first(state_.shape->experts(event.layer));
    std::fill(odds.begin(), odds.end(), 0);
    for (const demand& d : event.wanted) state_.pairs.add_odds(step, event.layer, number(d.expert), odds);
    for (std::int32_t& o : odds)
      if (o == 0) o = best_experts::nobody;
    state_.best.expect(state_.expected, event.layer, odds, best_experts::how_many(*state_.shape, event.layer, most, event.wanted.size()));
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return state_.expected; }

  struct memory {
    const model_shape* shape = nullptr;
    forecast expected;
    recent_layers recent;
    pair_counts pairs;
    best_experts best;
    std::vector<std::int32_t> odds;
    bool learns = true;
  };
  memory state_{};  ///< not a knob; public only so that the knob can be named where a bundle is written
};

static_assert(expert_predictor<successors>, "successors no longer models expert_predictor");

}  // namespace moesaic::prediction
