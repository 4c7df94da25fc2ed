// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/prediction/best_experts.hpp>
#include <moesaic/prediction/learning.hpp>
#include <moesaic/prediction/linear_table.hpp>
#include <moesaic/prediction/recent_layers.hpp>

namespace moesaic::prediction {

/// Expects in each of the next layers the experts that a linear estimate finds likeliest, from the experts of the layer that
/// runs now, of the one before, and of the layer itself one step ago. It learns by its own mistakes, so it does not count
/// twice what two experts say together: the best of the predictors that see ids only, where there is text to learn from.
///
/// Source: a regression on the same three sources, fitted at once, is the best id-only predictor known to us on four public
/// traces; this is its online form, by normalised least mean squares (prediction/linear_table.hpp).
/// Mechanism: a table of its own for each layer and distance. When an event is heard, the estimate that its sources gave is
/// corrected towards what it used; then the layers ahead are foretold. Events of several tokens are one set; a set of more
/// than half a layer teaches nothing, and a source of more experts than its layer's top-k is scaled down to that.
/// Cost: O(experts of the three sources x experts of a layer) per event and layer ahead, twice (8 of 128, defaults: 5 us).
/// 6 bytes x horizon x layers x experts of a layer squared (48 x 128, defaults: 9.4 MB), at most 256 MiB: layers ahead that do
/// not fit are left out; a forecast.
/// State and Ties: the weights and the last events. Integers only. Equal estimates: the lower id is expected; an estimate of 0
/// or less: never. Confidence is the estimate, about the probability, in 2^-14.
/// Threads: one at a time.
/// Knobs: `most`, experts per layer, default 0: the layer's top-k, or as many as the running event wants where that is more.
/// `horizon`, layers ahead, default 2, at least 1.
///
///     prediction::linear predictor{.horizon = 2};
struct linear {
  using hears = events<inventory, layer_event, learning>;

  std::uint32_t most = 0;
  std::uint32_t horizon = 2;

  void on(const inventory& all) { state_ = memory(all, std::max(horizon, 1U)); }
  void on(const learning& l) noexcept { state_.learns = l.on; }
  void on(const layer_event& event) noexcept {
    state_.recent.begin(event);
    if (state_.learns) state_.learn(event);
    state_.recent.keep(event);
    state_.expected.forget(event.layer);
    for (std::uint32_t ahead = 1; ahead <= state_.reach; ++ahead) state_.foretell(event, ahead, most);
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return state_.expected; }

  class memory {
   public:
    static constexpr std::uint64_t most_bytes = std::uint64_t{256} << 20U;

    memory() = default;
    memory(const inventory& all, std::uint32_t horizon)
        : expected(all.space(), all.shape.layers(), all.shape.widest_layer()),
          recent(all),
          shape_(&all.shape),
          width_(all.shape.widest_layer()),
          best_(all),
          scores_(width_),
          part_(width_) {
      const std::uint64_t each = 6 * std::uint64_t{all.shape.layers()} * width_ * width_;
      reach = static_cast<std::uint32_t>(std::min<std::uint64_t>({horizon, all.shape.layers(), most_bytes / each}));
      tables_.reserve(std::size_t{reach} * all.shape.layers());
      for (std::size_t i = 0; i < std::size_t{reach} * all.shape.layers(); ++i) tables_.emplace_back(3 * width_, width_);
    }

    /// Before the event is kept: its sources are still the ones it was foretold from.
    void learn(const layer_event& event) noexcept {
      if (!tells_pairs(*shape_, event.layer, event.wanted.size())) return;
      for (std::uint32_t ahead = 1; ahead <= reach; ++ahead) {
        const sources from{source_of(ahead), ahead < shape_->layers() ? source_of(ahead + 1) : source{}, {recent.experts(shape_->layers()), event.layer}};
        if (from[0].experts.empty() || !std::all_of(from.begin(), from.end(), [&](const source& s) { return tells_pairs(*shape_, s.layer, s.experts.size()); }))
          continue;
        linear_table& table = of(event.layer, ahead);
        const auto scores = std::span(scores_).first(shape_->experts(event.layer));
        estimate(table, from, scores);
        linear_table::errors(scores, event.wanted);
        std::size_t active = 0;
        for (const source& s : from) active += s.experts.size();
        table.learn_bias(scores, static_cast<std::uint32_t>(active));
        for (std::uint32_t s = 0; s < from.size(); ++s)
          for (const std::uint16_t a : from[s].experts) table.learn(s * width_ + a, scores, static_cast<std::uint32_t>(active));
      }
    }
    void foretell(const layer_event& event, std::uint32_t ahead, std::uint32_t at_most) noexcept {
      const auto due = static_cast<layer_index>((number(event.layer) + ahead) % shape_->layers());
      const sources from{source_of(0), ahead < shape_->layers() ? source_of(1) : source{}, {recent.step_before(ahead), due}};
      const auto scores = std::span(scores_).first(shape_->experts(due));
      estimate(of(due, ahead), from, scores);
      for (std::int32_t& s : scores)
        if (s <= 0) s = best_experts::nobody;
      best_.expect(expected, due, scores, best_experts::how_many(*shape_, due, at_most, event.wanted.size()));
    }

    forecast expected;
    recent_layers recent;
    std::uint32_t reach = 0;  ///< layers ahead
    bool learns = true;

   private:
    struct source {
      std::span<const std::uint16_t> experts;
      layer_index layer{};
    };
    using sources = std::array<source, 3>;

    [[nodiscard]] source source_of(std::uint32_t ago) const noexcept { return {recent.experts(ago), static_cast<layer_index>(recent.layer(ago))}; }
    [[nodiscard]] linear_table& of(layer_index layer, std::uint32_t ahead) noexcept {
      return tables_[std::size_t{ahead - 1} * shape_->layers() + number(layer)];
    }
    void estimate(const linear_table& table, const sources& from, std::span<std::int32_t> scores) noexcept {
      table.start(scores);
      for (std::uint32_t s = 0; s < from.size(); ++s) {
        const std::int64_t n = static_cast<std::int64_t>(from[s].experts.size()), k = shape_->top_k(from[s].layer);
        const auto part = n <= k ? scores : std::span(part_).first(scores.size());
        if (n > k) std::fill(part.begin(), part.end(), 0);
        for (const std::uint16_t a : from[s].experts) table.add(s * width_ + a, part);
        if (n <= k) continue;
        for (std::size_t b = 0; b < scores.size(); ++b) scores[b] += static_cast<std::int32_t>(part[b] * k / n);
      }
    }

    const model_shape* shape_ = nullptr;
    std::uint32_t width_ = 0;
    best_experts best_;
    std::vector<linear_table> tables_;  ///< [ahead][layer]
    std::vector<std::int32_t> scores_;
    std::vector<std::int32_t> part_;
  };
  memory state_{};  ///< not a knob; public only so that the knob can be named where a bundle is written
};

static_assert(expert_predictor<linear>, "linear no longer models expert_predictor");

}  // namespace moesaic::prediction
