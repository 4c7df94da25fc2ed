// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/core/routing.hpp>

namespace moesaic::prediction {

/// Expects what the gates of later layers already say about the hidden state of the layer that runs now.
///
/// Source: Mixtral-Offloading (arXiv 2312.17238), HOBBIT (2411.01433) and Fate (2502.12224): a transformer changes its residual
/// stream little from layer to layer, so a later gate, applied early, answers almost as it will. A correction of the state
/// (DALI 2602.03495: the mean difference between layers) and the choice of the tap belong to the engine, which computes the gates;
/// `least` is Fate's filter by confidence, with a fixed share instead of a percentile.
/// Mechanism: takes hints whose provenance is target_gate_ahead: for one row of the running window and one later layer, its
/// experts in the gate's order and, beside them, their probabilities over all experts of the layer. Row 0 begins a layer
/// anew, so a hint from a nearer layer replaces one from farther away; a layer's event uses up what was said of it.
/// Cost: O(experts named) per hint; a forecast. The gates are the engine's cost: width x experts products per layer ahead.
/// State and Ties: the forecast. Ranks are the gate's; of equal probabilities the lower id is the surer. Confidence is the
/// probability in 2^-16, of several rows the highest; hints without weights: 1 for all.
/// Threads: one at a time.
/// Knobs: `most`, experts per row and layer, default 0: the layer's top-k. `least`, percent, default 0: experts less probable are
/// not expected (hints without weights pass). `horizon`, layers, default 2: hints from farther away are not taken, and an engine
/// that reads the spec need not compute them.
///
///     prediction::next_gate predictor{.least = 10};
struct next_gate {
  using hears = events<inventory, layer_event, hint>;

  std::uint32_t most = 0;
  std::uint32_t least = 0;
  std::uint32_t horizon = 2;

  void on(const inventory& all) { state_ = {&all.shape, forecast(all.space(), all.shape.layers(), all.shape.widest_layer())}; }
  void on(const layer_event& event) noexcept {
    state_.expected.forget(event.layer);
    state_.running = event.layer;
  }
  void on(const hint& early) noexcept {
    if (early.from != provenance::target_gate_ahead || state_.expected.layers_until(state_.running, early.layer) > horizon) return;
    if (early.at.count == 0) state_.expected.forget(early.layer);
    const std::size_t named = std::min<std::size_t>(early.experts.size(), most != 0 ? most : state_.shape->top_k(early.layer));
    for (std::size_t i = 0; i < named; ++i) {
      const bool weighed = i < early.weights.size();
      const gate_mass sure = weighed ? demand_collector::in_mass(early.weights[i]) : gate_mass{1U << 16U};
      if (weighed && std::uint64_t{sure.count} * 100 < (std::uint64_t{least} << 16U)) continue;
      state_.expected.expect(early.layer, early.experts[i], early.at, utility{static_cast<std::int64_t>(sure.count)});
    }
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return state_.expected; }

  struct memory {
    const model_shape* shape = nullptr;
    forecast expected;
    layer_index running{};
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written
};

static_assert(expert_predictor<next_gate>, "next_gate no longer models expert_predictor");

}  // namespace moesaic::prediction
