// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/prediction/best_experts.hpp>
#include <moesaic/prediction/learning.hpp>
#include <moesaic/prediction/use_counts.hpp>

namespace moesaic::prediction {

/// Expects in each layer the experts that it has used most often.
///
/// Source: textbook; the static half of what MoE-Infinity and llama.cpp's expert statistics do, learned while it runs.
/// Mechanism: counts of events that used an expert; a layer's event renews its forecast, the most used first. All counts of a
/// layer are halved after 262,144 events of it.
/// Cost: O(experts of a layer) per event; 4 bytes per expert of the model, and a forecast.
/// State and Ties: the counts. Integers only. Equal counts: the lower id is expected; never used: never expected. Confidence is
/// uses per event, in 2^-20.
/// Threads: one at a time.
/// Knobs: `most`, experts per layer, default 0: the layer's top-k, or as many as its last event wanted where that is more.
///
///     prediction::popularity predictor{.most = 8};
struct popularity {
  using hears = events<inventory, layer_event, learning>;

  std::uint32_t most = 0;

  void on(const inventory& all) {
    state_ = {&all.shape, forecast(all.space(), all.shape.layers(), all.shape.widest_layer()), use_counts(all), best_experts(all),
              std::vector<std::int32_t>(all.shape.widest_layer())};
  }
  void on(const learning& l) noexcept { state_.learns = l.on; }
  void on(const layer_event& event) noexcept {
    if (state_.learns) state_.uses.learn(event);
    const auto uses = state_.uses.of(event.layer);
    const auto scores = std::span(state_.scores).first(state_.shape->experts(event.layer));
    for (std::size_t e = 0; e < scores.size(); ++e) scores[e] = uses[e] == 0 ? best_experts::nobody : static_cast<std::int32_t>(uses[e]);
    const std::int64_t events_heard = state_.uses.events(event.layer);
    state_.best.expect(state_.expected, event.layer, scores, best_experts::how_many(*state_.shape, event.layer, most, event.wanted.size()), 0,
                       [&](std::int32_t score, std::int32_t) { return std::int64_t{score} * (1 << 20) / std::max<std::int64_t>(events_heard, 1); });
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return state_.expected; }

  struct memory {
    const model_shape* shape = nullptr;
    forecast expected;
    use_counts uses;
    best_experts best;
    std::vector<std::int32_t> scores;
    bool learns = true;
  };
  memory state_{};  ///< not a knob; public only so that the knob can be named where a bundle is written
};

static_assert(expert_predictor<popularity>, "popularity no longer models expert_predictor");

}  // namespace moesaic::prediction
