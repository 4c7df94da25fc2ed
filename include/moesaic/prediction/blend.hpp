// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/prediction/decayed_rates.hpp>
#include <moesaic/prediction/log_evidence.hpp>

namespace moesaic::prediction {

/// Expects in each of the next layers what has been used there lately, weighed with what the experts of the layer that runs
/// now, and of the one before, say about it: locality in time and between layers in one score.
///
/// Source: ours; log decayed rate + 1/2 naive-Bayes evidence was the best table predictor of a study on DeepSeek-V2-Lite.
/// Mechanism: score(b) = log2 F(b) + sum over sources of weight/100 * log evidence (prediction/log_evidence.hpp), F a count of
/// uses that halves every `half_life` tokens (prediction/decayed_rates.hpp), at least 1/64; in integers of 2^-10 octaves.
/// Cost: as naive_bayes (8 of 128, defaults: 8 us an event, 4.7 MB for 48 layers), and 16 bytes per expert of the model.
/// State and Ties: the counts and the last events. Equal on every platform. Equal scores: the lower id is expected; never used:
/// never. Confidence as in naive_bayes.
/// Threads: one at a time.
/// Knobs: `most`, experts per layer, default 0: the layer's top-k, or as many as the running event wants where that is more.
/// `horizon`, layers ahead, default 2, at least 1. `sources`, layers that are evidence, default 2. `weight`, percent, default
/// 50. `half_life`, tokens, default 8, 1 to 65,536 (what is outside counts as the nearer end).
///
///     prediction::blend predictor{.horizon = 2};
struct blend {
  using hears = events<inventory, layer_event, learning>;

  std::uint32_t most = 0;
  std::uint32_t horizon = 2;
  std::uint32_t sources = 2;
  std::uint32_t weight = 50;
  std::uint32_t half_life = 8;

  void on(const inventory& all) { state_ = {log_evidence(all, knobs()), decayed_rates(all, half_life)}; }
  void on(const learning& l) noexcept { state_.evidence.on(l); }
  void on(const layer_event& event) noexcept {
    state_.rates.learn(event);
    state_.evidence.hear(event, knobs(), [&](layer_index due, std::span<const std::uint32_t>, std::span<std::int32_t> scores) {
      state_.rates.log_of(due, scores);
      for (std::int32_t& s : scores)
        if (s == decayed_rates::never) s = best_experts::nobody;
    });
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return state_.evidence.expected; }

  struct memory {
    log_evidence evidence;
    decayed_rates rates;
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  [[nodiscard]] log_evidence::knobs knobs() const noexcept { return {most, horizon, sources, weight}; }
};

static_assert(expert_predictor<blend>, "blend no longer models expert_predictor");

}  // namespace moesaic::prediction
