// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/core/routing.hpp>

namespace moesaic::prediction {

/// Expects what the drafter's own router chose: row by row of the window that will be verified.
///
/// Source: the Expert Lookahead Buffer of MoE-SpeQ (arXiv 2511.14102, 3.3.1), for drafters that are a quantised twin of the target.
/// The paper's entry is one expert and its confidence; here it is the row's whole top-k, as the target will want it. Its public
/// successor adds up counts instead; `forecast` answers those too, as rows that want an expert.
/// Mechanism: takes hints whose provenance is draft_router. The rows of a draft add up; a new draft begins with an empty buffer, a
/// cut one loses the rows behind the cut, and a layer's event uses up what was said of it.
/// Cost: O(experts named) per hint; a forecast.
/// State and Ties: the forecast. Confidence is the gate weight in 2^-16, of several rows the highest; hints without weights: 1 for
/// all. Equal ones: the lower id is the surer. Experts that the layer does not have are left out.
/// Threads: one at a time. No knobs.
///
///     prediction::draft_routes predictor;                      // hears {layer 1, row 0, experts 5 2}, {layer 1, row 1, experts 5 7}
///     predictor.expectation().distinct(layer_index{1}, {2});   // == 3; of the first row: 2
class draft_routes {
 public:
  using hears = events<inventory, layer_event, hint, draft_started, draft_cut>;

  void on(const inventory& all) {
    shape_ = &all.shape;
    expected_ = forecast(all.space(), all.shape.layers(), all.shape.widest_layer());
  }
  void on(const layer_event& event) noexcept { expected_.forget(event.layer); }
  void on(const draft_started&) noexcept { expected_.forget_all(); }
  void on(const draft_cut& cut) noexcept { expected_.keep_rows(cut.kept); }
  void on(const hint& early) noexcept {
    if (early.from != provenance::draft_router || number(early.layer) >= shape_->layers()) return;
    for (std::size_t i = 0; i < early.experts.size(); ++i) {
      if (number(early.experts[i]) >= shape_->experts(early.layer)) continue;
      const gate_mass sure = i < early.weights.size() ? demand_collector::in_mass(early.weights[i]) : gate_mass{1U << 16U};
      expected_.expect(early.layer, early.experts[i], early.at, utility{static_cast<std::int64_t>(sure.count)});
    }
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return expected_; }

 private:
  const model_shape* shape_ = nullptr;
  forecast expected_;
};

static_assert(expert_predictor<draft_routes>, "draft_routes no longer models expert_predictor");

}  // namespace moesaic::prediction
