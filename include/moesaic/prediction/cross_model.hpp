// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/core/routing.hpp>

namespace moesaic::prediction {

/// Expects what the target's gates say about the hidden states of a drafter of the same depth and width.
///
/// Source: SP-MoE (arXiv 2510.10302), the "cross-model predictor": while the drafter computes layer l, its attention output goes
/// into the target's gate of layer l, untrained; the best experts are the critical ones. How many, the paper leaves open.
/// Mechanism: takes hints whose provenance is target_gate_on_draft_hidden: one row of the coming window, one layer, its
/// experts in the gate's order. The first `critical` of each row are expected; rows of one window add up; a layer's event uses up
/// what was said of it, and a cut draft what only its rows wanted. The gate is applied by who has its weights, the engine or
/// the drafter, as for next_gate.
/// Cost: O(critical) per hint; a forecast. The gates are the engine's cost: width x experts products per drafted layer.
/// State and Ties: the forecast. Ranks are the gate's. Confidence is the probability in 2^-16, of several rows the highest; hints
/// without weights: 1 for all.
/// Threads: one at a time.
/// Knobs: `critical`, experts per row and layer, default 0: the layer's top-k.
///
///     prediction::cross_model predictor{.critical = 2};
struct cross_model {
  using hears = events<inventory, layer_event, hint, draft_cut>;

  std::uint32_t critical = 0;

  void on(const inventory& all) { state_ = {&all.shape, forecast(all.space(), all.shape.layers(), all.shape.widest_layer())}; }
  void on(const layer_event& event) noexcept { state_.expected.forget(event.layer); }
  void on(const draft_cut& cut) noexcept { state_.expected.keep_rows(cut.kept); }
  void on(const hint& early) noexcept {
    if (early.from != provenance::target_gate_on_draft_hidden) return;
    const std::size_t most = critical != 0 ? critical : state_.shape->top_k(early.layer);
    for (std::size_t i = 0; i < std::min(early.experts.size(), most); ++i) {
      const gate_mass sure = i < early.weights.size() ? demand_collector::in_mass(early.weights[i]) : gate_mass{1U << 16U};
      state_.expected.expect(early.layer, early.experts[i], early.at, utility{std::int64_t{sure.count}});
    }
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return state_.expected; }

  struct memory {
    const model_shape* shape = nullptr;
    forecast expected;
  };
  memory state_{};  ///< not a knob; public only so that the knob can be named where a bundle is written
};

static_assert(expert_predictor<cross_model>, "cross_model no longer models expert_predictor");

}  // namespace moesaic::prediction
