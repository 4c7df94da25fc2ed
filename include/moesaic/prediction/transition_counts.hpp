// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/prediction/learning.hpp>

namespace moesaic::prediction {

/// Expects in the next layers what used to follow the experts of the layer that runs now; learns while it predicts.
///
/// Source: ours; the table-only predictor of policies without gate access (co-occurrence between layers, as in fMoE, ST-MoE
/// and MoE-Infinity's activation matrices). Learning from nothing on four public traces (DeepSeek-V2-Lite, gpt-oss-20b, OLMoE,
/// Qwen3-30B-A3B) it names 52 to 62 % of the next layer's experts and 43 to 54 % of the one after; the previous token 29 to 44 %.
/// Mechanism: counts[layer][a][b] = events of `layer` that used b right after the layer before had used a (before the first
/// layer comes the last one of the step before). When a layer's event is heard, each expert b of the next layer gets
///
///     odds(b) = sum over the event's a of counts[a][b] / uses[a]        in 2^-15
///
/// and the best are expected, odds as confidence; the layer after that is foretold from those, weighted by their odds.
/// A row is halved after 1,024 uses of its a, so that old text fades. An event that wants more than half of a layer (a
/// prefill) says nothing about pairs and is not learned from.
/// Cost: O(experts of the event x experts of a layer) per event, about 1 ns per pair, once for each layer of `horizon`
/// (2 us for 8 of 128 and a horizon of 2).
/// 2 bytes x layers x experts of a layer squared (48 x 128: 1.5 MB; 48 x 512: 25 MB; 96 x 1024: 201 MB), at most 256 MiB (above: it
/// expects nothing); a forecast.
/// State and Ties: the counts and the last event. Integers only. Equal odds: the lower id is expected.
/// Threads: one at a time.
/// Knobs: `most`, experts per layer, default 0: the layer's top-k, or as many as the running event wants where that is more.
/// `horizon`, layers, default 2, at least 1 (cut to the model's layers): each further layer costs as much again and is less sure.
///
///     prediction::transition_counts predictor{.most = 8};
struct transition_counts {
  using hears = events<inventory, layer_event, learning>;

  std::uint32_t most = 0;
  std::uint32_t horizon = 2;

  void on(const inventory& all) { state_ = memory(all); }
  void on(const learning& l) noexcept { state_.learns = l.on; }
  void on(const layer_event& event) noexcept {
    state_.learn(event);
    state_.foretell(event, most, horizon);
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return state_.expected; }

  class memory {
   public:
    memory() = default;
    explicit memory(const inventory& all)
        : expected(all.space(), all.shape.layers(), all.shape.widest_layer()),
          shape_(&all.shape),
          width_(all.shape.widest_layer()),
          counts_(counts_of(all.shape)),
          uses_(std::size_t{all.shape.layers()} * width_),
          odds_(width_),
          order_(width_) {
      last_.reserve(width_);
      sources_.reserve(width_);
    }

    void learn(const layer_event& event) noexcept {
      const std::uint32_t layer = number(event.layer);
      const bool follows = learns && !counts_.empty() && !last_.empty() && (last_layer_ + 1) % shape_->layers() == layer;
      if (follows && tells_pairs(static_cast<layer_index>(last_layer_), last_.size()) && tells_pairs(event.layer, event.wanted.size())) {
        for (const std::uint32_t a : last_) {
          const std::span<std::uint16_t> row = row_of(layer, a);
          for (const demand& b : event.wanted) ++row[number(b.expert)];
          if (std::uint16_t& n = uses_[std::size_t{layer} * width_ + a]; ++n == most_uses) {
            n /= 2;
            for (std::uint16_t& c : row) c /= 2;
          }
        }
      }
      last_layer_ = layer;
      last_.clear();
      for (const demand& d : event.wanted) last_.push_back(number(d.expert));
    }

    void foretell(const layer_event& event, std::uint32_t at_most, std::uint32_t reach) noexcept {
      expected.forget(event.layer);
      if (counts_.empty()) return;
      sources_.clear();
      for (const demand& d : event.wanted) sources_.push_back({number(d.expert), certain});
      const std::uint32_t layers = shape_->layers();
      for (std::uint32_t ahead = 1; ahead <= std::min(reach, layers); ++ahead) {
        const auto due = static_cast<layer_index>((number(event.layer) + ahead) % layers);
        const std::size_t wanted = at_most != 0 ? at_most : std::max(std::size_t{shape_->top_k(due)}, event.wanted.size());
        const std::span<const std::uint64_t> best = best_of(due, wanted);
        expected.forget(due);
        sources_.clear();
        for (const std::uint64_t packed : best) {
          const auto e = static_cast<std::uint32_t>(0xFFFF'FFFFU - (packed & 0xFFFF'FFFFU));
          expected.expect(due, static_cast<expert_index>(e), {0}, utility{static_cast<std::int64_t>(odds_[e])});
          sources_.push_back({e, std::min(odds_[e], certain)});
        }
      }
    }

    forecast expected;
    bool learns = true;

   private:
    static constexpr std::uint32_t certain = 1U << 15U;
    static constexpr std::uint16_t most_uses = 1024;
    static constexpr std::uint64_t most_memory = std::uint64_t{256} << 20U;
    [[nodiscard]] static std::size_t counts_of(const model_shape& shape) noexcept {
      const std::uint64_t all = std::uint64_t{shape.layers()} * shape.widest_layer() * shape.widest_layer();
      return all <= most_memory / sizeof(std::uint16_t) ? static_cast<std::size_t>(all) : 0;
    }
    struct source {
      std::uint32_t expert;
      std::uint32_t weight;  ///< in 2^-15, at most certain
    };

    [[nodiscard]] bool tells_pairs(layer_index layer, std::size_t wanted) const noexcept {
      return wanted <= std::max(shape_->top_k(layer), shape_->experts(layer) / 2);
    }
    [[nodiscard]] std::span<std::uint16_t> row_of(std::uint32_t layer, std::uint32_t a) noexcept {
      return std::span(counts_).subspan((std::size_t{layer} * width_ + a) * width_, width_);
    }
    /// The layer's experts with the best odds after `sources_`, best first; none whose odds are 0.
    [[nodiscard]] std::span<const std::uint64_t> best_of(layer_index layer, std::size_t wanted) noexcept {
      std::fill(odds_.begin(), odds_.end(), 0U);
      for (const source& from : sources_) {
        const std::uint32_t n = uses_[std::size_t{number(layer)} * width_ + from.expert];
        if (n == 0) continue;
        const std::uint32_t factor = (from.weight << 15U) / n;  // a count is at most n, so the product stays within 2^30
        const std::span<const std::uint16_t> row = row_of(number(layer), from.expert);
        for (std::size_t b = 0; b < row.size(); ++b) odds_[b] += row[b] * factor >> 15U;
      }
      std::size_t possible = 0;
      for (std::uint32_t b = 0; b < width_; ++b)  // one number each that sorts like (odds, lower id)
        if (odds_[b] != 0) order_[possible++] = std::uint64_t{odds_[b]} << 32U | (0xFFFF'FFFFU - b);
      const std::size_t taken = std::min(wanted, possible);
      const auto first = order_.begin();
      std::partial_sort(first, first + static_cast<std::ptrdiff_t>(taken), first + static_cast<std::ptrdiff_t>(possible),
                        [](std::uint64_t a, std::uint64_t b) { return a > b; });
      return std::span<const std::uint64_t>(order_).first(taken);
    }

    const model_shape* shape_ = nullptr;
    std::uint32_t width_ = 0;
    std::vector<std::uint16_t> counts_;  ///< [layer][a][b]
    std::vector<std::uint16_t> uses_;    ///< [layer][a]: events of the layer that a was there before
    std::vector<std::uint32_t> odds_;
    std::vector<std::uint64_t> order_;
    std::vector<std::uint32_t> last_;    ///< experts of the last event
    std::vector<source> sources_;
    std::uint32_t last_layer_ = 0;
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written
};

static_assert(expert_predictor<transition_counts>, "transition_counts no longer models expert_predictor");

}  // namespace moesaic::prediction
