// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/prediction/log_evidence.hpp>

namespace moesaic::prediction {

/// Expects in each of the next layers the experts that are likeliest given those of the layer that runs now and of the one
/// before, as if these were independent of each other.
///
/// Source: textbook naive Bayes over the experts of a layer; that only one layer is taken, at weight 100, is the classical form
/// (`naive_bayes(sources=1,weight=100)`). Half the weight (experts of one layer are not independent) and two layers find more.
/// Mechanism: score(b) = log2 uses(b) + sum over sources of weight/100 * log evidence (prediction/log_evidence.hpp), in
/// integers of 2^-10 octaves.
/// Cost: O(sources x experts of the event x experts of a layer) per event and layer ahead, about 2 ns per pair (8 of 128,
/// defaults: 8 us). 2 bytes x (horizon + sources - 1) x layers x experts of a layer squared (48 x 128, defaults: 4.7 MB), at
/// most 256 MiB; 6 bytes per expert and a forecast.
/// State and Ties: the counts and the last events. Integers only. Equal scores: the lower id is expected; never used: never.
/// Confidence: 2^20 at the border between the wanted and the others, 1,024 more for each factor of two above it.
/// Threads: one at a time.
/// Knobs: `most`, experts per layer, default 0: the layer's top-k, or as many as the running event wants where that is more.
/// `horizon`, layers ahead, default 2, at least 1. `sources`, layers that are evidence, default 2. `weight`, percent, default 50.
///
///     prediction::naive_bayes predictor{.horizon = 1};
struct naive_bayes {
  using hears = events<inventory, layer_event, learning>;

  std::uint32_t most = 0;
  std::uint32_t horizon = 2;
  std::uint32_t sources = 2;
  std::uint32_t weight = 50;

  void on(const inventory& all) { state_ = log_evidence(all, knobs()); }
  void on(const learning& l) noexcept { state_.on(l); }
  void on(const layer_event& event) noexcept {
    state_.hear(event, knobs(), [](layer_index, std::span<const std::uint32_t> uses, std::span<std::int32_t> scores) {
      for (std::size_t b = 0; b < scores.size(); ++b) scores[b] = uses[b] == 0 ? best_experts::nobody : fixed_log2(uses[b]);
    });
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return state_.expected; }

  log_evidence state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  [[nodiscard]] log_evidence::knobs knobs() const noexcept { return {most, horizon, sources, weight}; }
};

static_assert(expert_predictor<naive_bayes>, "naive_bayes no longer models expert_predictor");

}  // namespace moesaic::prediction
