// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/expert_predictor.hpp>

namespace moesaic::prediction {

/// Expects what an earlier sequence used in the layers to come, of all remembered ones the one that was most like this one so far.
///
/// Source: MoE-Infinity (arXiv 2401.14361): a matrix of uses, layer by expert, for each sequence; a collection of such matrices; the
/// match is the highest mean cosine over the rows seen so far. Deviations: its released code has the prediction commented out for most
/// models, and replaces the least accessed matrix; this is the paper, which replaces the one closest to the new. A sequence that goes on
/// for longer than `tokens` is kept as several. The horizon is ours: the paper prefetches all layers behind the one that runs.
/// Mechanism: uses add to the running matrix. After an event of layer l the best match m is sought; layer x of the next `horizon` layers
/// of this step expects the `most` experts with the highest share of m's row, shares scaled by 1 - (x - l) / (L + 1); layers behind
/// the last one are a new step, for which nothing is expected. A sequence ends where a prompt begins behind decoding, and after `tokens`
/// tokens; its matrix then joins the collection or, where that is full, takes the place of the most similar one.
/// Cost: O(collection x experts of the layer) per event, and O(horizon x experts); 4 bytes per cell of each matrix, and a forecast.
/// State and Ties: the matrices. Equal cosines: the older place of the collection; equal shares: the lower id. Confidence: the scaled
/// share in 2^-16. Cosines are doubles, added in one order: equal on one platform.
/// Threads: one at a time.
/// Knobs: `capacity`, matrices, default 32, at least 1. `most`, experts per layer, default 0: twice the layer's top-k. `horizon`, layers,
/// default 4. `tokens`, default 512, at least 1.
///
///     prediction::activation_matrices predictor{.capacity = 64};
struct activation_matrices {
  using hears = events<inventory, layer_event>;

  std::uint32_t capacity = 32;
  std::uint32_t most = 0;
  std::uint32_t horizon = 4;
  std::uint32_t tokens = 512;

  void on(const inventory& all) {
    memory& s = state_;
    s.shape = &all.shape;
    s.layers = all.shape.layers();
    s.width = all.shape.widest_layer();
    s.expected = forecast(all.space(), s.layers, s.width);
    s.cells.assign(std::size_t{std::max(capacity, 1U) + 1} * s.layers * s.width, 0);
    s.norms.assign(std::size_t{std::max(capacity, 1U) + 1} * s.layers, 0);
    s.likeness.assign(std::size_t{std::max(capacity, 1U)} * s.layers, 0);
    s.order.reserve(s.width);
  }
  void on(const layer_event& event) noexcept {
    memory& s = state_;
    const bool prompt = event.during == phase::prefill;
    const bool new_step = !s.any || event.step != s.step;
    if (new_step && s.any && ((prompt && !s.in_prompt) || s.length >= std::max(tokens, 1U))) end_sequence();
    if (new_step) s.length += event.tokens;
    s.any = true;
    s.step = event.step;
    s.in_prompt = prompt;
    count(event);
    compare(number(event.layer));
    expect_behind(event.layer);
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return state_.expected; }

  struct memory {
    const model_shape* shape = nullptr;
    std::uint32_t layers = 0, width = 0;
    forecast expected;
    std::vector<std::uint32_t> cells;  ///< matrix by matrix; number `capacity` is the running one
    std::vector<double> norms;         ///< of each row, squared
    std::vector<double> likeness;      ///< cosine of each stored row with the running one's; 0 where either is empty
    std::vector<std::uint32_t> order;
    std::uint32_t stored = 0;
    std::uint64_t length = 0;
    step_index step{};
    bool any = false, in_prompt = false;
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  [[nodiscard]] std::uint32_t running() const noexcept { return std::max(capacity, 1U); }
  [[nodiscard]] std::span<std::uint32_t> row(std::uint32_t matrix, std::uint32_t layer) noexcept {
    return std::span(state_.cells).subspan((std::size_t{matrix} * state_.layers + layer) * state_.width, state_.width);
  }
  [[nodiscard]] double& norm(std::uint32_t matrix, std::uint32_t layer) noexcept { return state_.norms[std::size_t{matrix} * state_.layers + layer]; }
  [[nodiscard]] double& likeness(std::uint32_t matrix, std::uint32_t layer) noexcept { return state_.likeness[std::size_t{matrix} * state_.layers + layer]; }

  void count(const layer_event& event) noexcept {
    const std::uint32_t layer = number(event.layer);
    const std::span<std::uint32_t> mine = row(running(), layer);
    double sum = 0;
    for (const demand& d : event.wanted) mine[number(d.expert)] += d.tokens;
    for (const std::uint32_t n : mine) sum += static_cast<double>(n) * n;
    norm(running(), layer) = sum;
  }
  void compare(std::uint32_t layer) noexcept {
    const std::span<const std::uint32_t> mine = row(running(), layer);
    for (std::uint32_t m = 0; m < state_.stored; ++m) {
      const std::span<const std::uint32_t> its = row(m, layer);
      double dot = 0;
      for (std::uint32_t e = 0; e < state_.width; ++e) dot += static_cast<double>(mine[e]) * its[e];
      const double both = norm(running(), layer) * norm(m, layer);
      likeness(m, layer) = both > 0 ? dot / std::sqrt(both) : 0;
    }
  }
  /// The stored matrix most like the running one over all rows; the rows that it has not begun count as 0 for each.
  [[nodiscard]] std::uint32_t best_match() noexcept {
    std::uint32_t best = 0;
    double most_like = -1;
    for (std::uint32_t m = 0; m < state_.stored; ++m) {
      double sum = 0;
      for (std::uint32_t l = 0; l < state_.layers; ++l) sum += likeness(m, l);
      if (sum <= most_like) continue;
      most_like = sum;
      best = m;
    }
    return best;
  }
  void expect_behind(layer_index now) noexcept {
    memory& s = state_;
    s.expected.forget(now);
    if (s.stored == 0) return;
    const std::uint32_t match = best_match();
    const std::uint32_t at = number(now);
    for (std::uint32_t x = at + 1; x < s.layers && x - at <= horizon; ++x) {
      const auto layer = static_cast<layer_index>(x);
      const std::span<const std::uint32_t> its = row(match, x);
      s.expected.forget(layer);
      std::uint64_t total = 0;
      s.order.clear();
      for (std::uint32_t e = 0; e < s.shape->experts(layer); ++e)
        if (its[e] != 0) {
          total += its[e];
          s.order.push_back(e);
        }
      const std::size_t named = std::min<std::size_t>(s.order.size(), most != 0 ? most : 2 * s.shape->top_k(layer));
      std::partial_sort(s.order.begin(), s.order.begin() + static_cast<std::ptrdiff_t>(named), s.order.end(),
                        [&](std::uint32_t a, std::uint32_t b) { return its[a] != its[b] ? its[a] > its[b] : a < b; });
      for (std::size_t i = 0; i < named; ++i) {
        const std::uint64_t share = (std::uint64_t{its[s.order[i]]} << 16U) / total;
        s.expected.expect(layer, static_cast<expert_index>(s.order[i]), {0},
                          utility{static_cast<std::int64_t>(share * (s.layers + 1 - (x - at)) / (s.layers + 1))});
      }
    }
  }
  void end_sequence() noexcept {
    memory& s = state_;
    const std::uint32_t place = s.stored < running() ? s.stored++ : best_match();
    for (std::uint32_t l = 0; l < s.layers; ++l) {
      std::copy_n(row(running(), l).begin(), s.width, row(place, l).begin());
      std::fill_n(row(running(), l).begin(), s.width, 0U);
      norm(place, l) = norm(running(), l);
      norm(running(), l) = 0;
    }
    std::fill(s.likeness.begin(), s.likeness.end(), 0.0);
    s.length = 0;
  }
};

static_assert(expert_predictor<activation_matrices>, "activation_matrices no longer models expert_predictor");

}  // namespace moesaic::prediction
