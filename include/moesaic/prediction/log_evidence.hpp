// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/core/forecast.hpp>
#include <moesaic/prediction/best_experts.hpp>
#include <moesaic/prediction/fixed_log2.hpp>
#include <moesaic/prediction/learning.hpp>
#include <moesaic/prediction/pair_counts.hpp>
#include <moesaic/prediction/recent_layers.hpp>
#include <moesaic/prediction/use_counts.hpp>

namespace moesaic::prediction {

/// What `naive_bayes` and `blend` share: a base score for each expert and, on top, what the experts of the last layers say.
///
/// Source: textbook naive Bayes with Laplace smoothing towards the prior. Mechanism: for an expert b of a layer and each
/// expert a of an earlier one, the evidence is how many times likelier b becomes by a,
///
///     log2( (pairs(a,b) + 8 * p(b)) / (uses(a) + 8) / p(b) ),      p(b) = uses(b) / events
///
/// in 2^-10. A source of n experts counts weight/100 * min(1, k/n), k its layer's top-k: the union of a window is no more
/// evidence than one token. The confidence is 2^20 plus how many octaves (times 1,024) an expert stands above the best one
/// that is not among the wanted: 2^20 is the border.
/// Cost: O(sources × experts of the event × experts of a layer) per event and layer ahead, about 2 ns per pair; memory of
/// pair_counts with horizon + sources - 1 distances, of use_counts and recent_layers, and a forecast.
/// State and Ties: those tables. Equal scores: the lower id is the better. Threads: one at a time. Knobs: of those who use it.
class log_evidence {
 public:
  static constexpr std::int64_t border = std::int64_t{1} << 20U;
  struct knobs {
    std::uint32_t most, horizon, sources, weight;
  };

  log_evidence() = default;
  log_evidence(const inventory& all, const knobs& k)
      : expected(all.space(), all.shape.layers(), all.shape.widest_layer()),
        shape_(&all.shape),
        recent_(all),
        uses_(all),
        pairs_(all, 1, std::max(k.horizon, 1U) + std::max(k.sources, 1U) - 1),
        best_(all),
        scores_(all.shape.widest_layer()),
        evidence_(all.shape.widest_layer()) {}

  void on(const learning& l) noexcept { learns_ = l.on; }

  /// Hears an event and foretells the layers behind it. `base(layer, uses)` gives a layer's experts their scores to begin
  /// with, `nobody` to those that are never expected.
  template <class Base>
  void hear(const layer_event& event, const knobs& k, Base&& base) noexcept {
    recent_.begin(event);
    if (learns_) {
      pairs_.learn(recent_, event);
      uses_.learn(event);
    }
    recent_.keep(event);
    expected.forget(event.layer);
    const std::uint32_t reach = std::min(std::max(k.horizon, 1U), pairs_.farthest());
    for (std::uint32_t ahead = 1; ahead <= reach; ++ahead) {
      const auto due = static_cast<layer_index>((number(event.layer) + ahead) % shape_->layers());
      const std::span<std::int32_t> scores = std::span(scores_).first(shape_->experts(due));
      base(due, uses_.of(due), scores);
      for (std::uint32_t back = 0; back < std::max(k.sources, 1U) && ahead + back <= pairs_.farthest(); ++back)
        weigh_in(due, ahead, back, static_cast<std::int32_t>(k.weight), scores);
      const std::size_t wanted = best_experts::how_many(*shape_, due, 0, event.wanted.size());
      best_.expect(expected, due, scores, k.most != 0 ? k.most : wanted, wanted, [](std::int32_t score, std::int32_t rest) { return border + score - rest; });
    }
  }

  forecast expected;

 private:
  static constexpr std::int64_t most_score = std::int64_t{1} << 30U;
  static constexpr std::uint64_t pull = 8;  ///< uses that the prior counts for

  /// The evidence of the event `back` layers ago for the layer `ahead` layers ahead.
  void weigh_in(layer_index due, std::uint32_t ahead, std::uint32_t back, std::int32_t weight, std::span<std::int32_t> scores) noexcept {
    const std::span<const std::uint16_t> set = recent_.experts(back);
    const std::span<const std::uint32_t> uses = uses_.of(due);
    const std::uint64_t events = uses_.events(due);
    if (set.empty() || events == 0) return;
    const auto k = static_cast<std::int32_t>(shape_->top_k(static_cast<layer_index>(recent_.layer(back))));
    const auto n = static_cast<std::int32_t>(set.size());
    const std::span<std::int32_t> evidence = std::span(evidence_).first(scores.size());
    std::fill(evidence.begin(), evidence.end(), 0);
    std::int32_t heard = 0;
    for (const std::uint16_t a : set) {
      const std::uint64_t n_a = pairs_.uses(ahead + back, due, a);
      if (n_a == 0) continue;
      ++heard;
      const std::int32_t each = fixed_log2(n_a + pull);
      const std::span<const std::uint16_t> row = pairs_.row(ahead + back, due, a);
      for (std::size_t b = 0; b < scores.size(); ++b)
        if (uses[b] != 0) evidence[b] += fixed_log2(row[b] * events + pull * uses[b]) - each;
    }
    for (std::size_t b = 0; b < scores.size(); ++b) {
      if (uses[b] == 0 || scores[b] == best_experts::nobody) continue;
      const std::int64_t all = evidence[b] - std::int64_t{heard} * fixed_log2(uses[b]);
      const std::int64_t weighed = all * weight * std::min(k, n) / (std::int64_t{100} * n);
      scores[b] = static_cast<std::int32_t>(std::clamp(scores[b] + weighed, -most_score, most_score));
    }
  }

  const model_shape* shape_ = nullptr;
  recent_layers recent_;
  use_counts uses_;
  pair_counts pairs_;
  best_experts best_;
  std::vector<std::int32_t> scores_;
  std::vector<std::int32_t> evidence_;
  bool learns_ = true;
};

}  // namespace moesaic::prediction
