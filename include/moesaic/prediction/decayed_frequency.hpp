// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/core/decayed_count.hpp>
#include <moesaic/prediction/best_experts.hpp>
#include <moesaic/prediction/decayed_rates.hpp>

namespace moesaic::prediction {

/// Expects in each layer the experts that it has used most often lately: a use counts half as much every `half_life` tokens.
///
/// Source: the count of LRFU (Lee et al., IEEE ToC 2001) on a clock of tokens.
/// Mechanism: F <- F * 2^(-tokens / half_life) + 1 at each event that uses the expert; a layer's event renews its forecast,
/// the largest F first. Counts below 1/64 of a use are not told apart.
/// Cost: O(experts of a layer) per event; 16 bytes per expert of the model, 8 per token of half-life, and a forecast.
/// State and Ties: nothing is forgotten but by decay; there is nothing to learn besides, so `learning` is not heard. Equal
/// counts: the lower id is expected; never used: never expected. Confidence is log2 of F, in 2^-10, as of the event.
/// Threads: one at a time.
/// Knobs: `half_life`, tokens, default 8, 1 to 65,536 (what is outside counts as the nearer end). `most`, experts per layer,
/// default 0: the layer's top-k, or as many as its last event wanted where that is more.
///
///     prediction::decayed_frequency predictor{.half_life = 8};
struct decayed_frequency {
  using hears = events<inventory, layer_event>;

  std::uint32_t half_life = 8;
  std::uint32_t most = 0;

  void on(const inventory& all) {
    state_ = {&all.shape, forecast(all.space(), all.shape.layers(), all.shape.widest_layer()), decayed_rates(all, half_life), best_experts(all),
              std::vector<std::int32_t>(all.shape.widest_layer())};
  }
  void on(const layer_event& event) noexcept {
    state_.rates.learn(event);
    const auto scores = std::span(state_.scores).first(state_.shape->experts(event.layer));
    state_.rates.log_of(event.layer, scores);
    for (std::int32_t& s : scores)
      if (s == decayed_rates::never) s = best_experts::nobody;
    state_.best.expect(state_.expected, event.layer, scores, best_experts::how_many(*state_.shape, event.layer, most, event.wanted.size()));
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return state_.expected; }

  struct memory {
    const model_shape* shape = nullptr;
    forecast expected;
    decayed_rates rates;
    best_experts best;
    std::vector<std::int32_t> scores;
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written
};

static_assert(expert_predictor<decayed_frequency>, "decayed_frequency no longer models expert_predictor");

}  // namespace moesaic::prediction
