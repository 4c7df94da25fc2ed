// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/prediction/best_experts.hpp>
#include <moesaic/prediction/learning.hpp>
#include <moesaic/prediction/pair_counts.hpp>
#include <moesaic/prediction/recent_layers.hpp>

namespace moesaic::prediction {

/// Expects in each of the next layers what used to be used there together with the experts of the layer that runs now.
///
/// Source: co-occurrence between layers as in EdgeMoE (arXiv 2308.14352) and ST-MoE (2606.15453), whose tables keep a few partners
/// each; here all pairs are counted, learned while it runs.
/// Mechanism: each expert b of a layer d layers ahead gets, from the running layer and the `sources` - 1 before it,
///
///     odds(b) = mean over the sources of the sum over their experts a of pairs(a, b) / uses(a)       in 2^-15
///
/// with a table of its own for every distance (transition_counts has one table and goes step by step: half the memory, and
/// 5 to 10 points of recall less two layers ahead). Tables: prediction/pair_counts.hpp.
/// Cost: O(sources x experts of the event x experts of a layer) per event and layer ahead, below 1 ns per pair. 2 bytes x
/// (horizon + sources - 1) x layers x experts of a layer squared (48 x 128, defaults: 3 MB), at most 256 MiB; a forecast.
/// State and Ties: the counts and the last events. Integers only. Equal odds: the lower id is expected; odds of 0: never.
/// Threads: one at a time.
/// Knobs: `most`, experts per layer, default 0: the layer's top-k, or as many as the running event wants where that is more.
/// `horizon`, layers ahead, default 2, at least 1. `sources`, layers that are evidence, default 1.
///
///     prediction::co_occurrence predictor{.horizon = 2};
struct co_occurrence {
  using hears = events<inventory, layer_event, learning>;

  std::uint32_t most = 0;
  std::uint32_t horizon = 2;
  std::uint32_t sources = 1;

  void on(const inventory& all) {
    state_ = {&all.shape,         forecast(all.space(), all.shape.layers(), all.shape.widest_layer()),
              recent_layers(all), pair_counts(all, 1, std::max(horizon, 1U) + std::max(sources, 1U) - 1),
              best_experts(all),  std::vector<std::int32_t>(all.shape.widest_layer())};
  }
  void on(const learning& l) noexcept { state_.learns = l.on; }
  void on(const layer_event& event) noexcept {
    state_.recent.begin(event);
    if (state_.learns) state_.pairs.learn(state_.recent, event);
    state_.recent.keep(event);
    state_.expected.forget(event.layer);
    const model_shape& shape = *state_.shape;
    for (std::uint32_t ahead = 1; ahead <= std::min(std::max(horizon, 1U), state_.pairs.farthest()); ++ahead) {
      const auto due = static_cast<layer_index>((number(event.layer) + ahead) % shape.layers());
      const auto sums = std::span(state_.odds).first(shape.experts(due));
      std::fill(sums.begin(), sums.end(), 0);
      std::int32_t heard = 0;
      for (std::uint32_t back = 0; back < std::max(sources, 1U) && ahead + back <= state_.pairs.farthest(); ++back)
        heard += state_.add_odds(due, ahead, back, sums) ? 1 : 0;
      for (std::int32_t& o : sums) o = o == 0 ? best_experts::nobody : o / heard;
      state_.best.expect(state_.expected, due, sums, best_experts::how_many(shape, due, most, event.wanted.size()));
    }
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return state_.expected; }

  struct memory {
    /// Adds what the event `back` layers ago says of the layer `ahead` layers ahead; false: nothing, there was none.
    bool add_odds(layer_index due, std::uint32_t ahead, std::uint32_t back, std::span<std::int32_t> to) const noexcept {
      const std::span<const std::uint16_t> set = recent.experts(back);
      for (const std::uint16_t a : set) pairs.add_odds(ahead + back, due, a, to);
      return !set.empty();
    }
    const model_shape* shape = nullptr;
    forecast expected;
    recent_layers recent;
    pair_counts pairs;
    best_experts best;
    std::vector<std::int32_t> odds;
    bool learns = true;
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written
};

static_assert(expert_predictor<co_occurrence>, "co_occurrence no longer models expert_predictor");

}  // namespace moesaic::prediction
