// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/core/event.hpp>
#include <moesaic/sim/routing_tape.hpp>
#include <moesaic/sim/told_tokens.hpp>

namespace moesaic::sim {

/// How well gates on paper answer when they are asked early, about the hidden state of a layer before their own.
struct gate_quality {
  std::uint32_t reach = 0;  ///< layers ahead that are asked; 0: none
  double recall = 0.76;     ///< share of a row's experts that the next layer's gate names; the default is that of docs/reference/recall.md

  /// The share so many layers ahead: what is missed grows like the square root of the distance, as if layers moved the hidden state at
  /// random. Measured .760, .668, .601 and .553 where this gives .760, .661, .584 and .520.
  [[nodiscard]] double recall_at(std::uint32_t ahead) const noexcept { return std::max(0.0, 1 - (1 - recall) * std::sqrt(static_cast<double>(ahead))); }
};

/// What the gates of later layers would say, from a trace that has no hidden states: for each row and rank the expert that the row will
/// use there, right with the given probability, else one that it will not use.
/// Chance belongs to the token, layer and rank (fixed_chance): every system meets the same mistakes, and what is right from afar stays
/// right nearer by. Windows of more than 8 tokens are passed over, as in the decoder: they want nearly all.
/// Cost: O(rows × top-k × (reach + top-k)) per layer, no time on the clock: a gate takes little beside an expert. No allocation behind the
/// first windows. Ties: none. One thread at a time.
class early_gates {
 public:
  static constexpr std::size_t most_rows = 8;

  early_gates(const routing_tape& tape, gate_quality quality, fixed_chance chance) : tape_(&tape), quality_(quality), chance_(chance) {}

  /// For each layer behind `layer` within reach, nearest first, a hint for each row; `rows` are places of the tape. Valid until the next call.
  [[nodiscard]] std::span<const hint> look(layer_index layer, std::span<const std::uint32_t> rows) {
    hints_.clear();
    if (quality_.reach == 0 || rows.size() > most_rows) return {};
    const std::uint32_t layers = tape_->shape().layers;
    const std::uint32_t last = std::min(quality_.reach, layers - 1 - number(layer));
    names_.clear();
    names_.reserve(std::size_t{last} * rows.size() * tape_->shape().top_k);  // once: the hints look into it
    for (std::uint32_t ahead = 1; ahead <= last; ++ahead)
      for (std::uint32_t row = 0; row < rows.size(); ++row) ask(rows[row], row, static_cast<layer_index>(number(layer) + ahead), ahead);
    return hints_;
  }

 private:
  void ask(std::uint32_t place, std::uint32_t row, layer_index due, std::uint32_t ahead) {
    const trace::dimensions& shape = tape_->shape();
    const std::span<const expert_index> truth = tape_->routes(place, due);
    const std::size_t from = names_.size();
    const double recall = quality_.recall_at(ahead);
    for (std::uint32_t rank = 0; rank < truth.size(); ++rank) {
      if (number(truth[rank]) >= shape.experts) continue;
      const std::uint64_t which = (std::uint64_t{place} * shape.layers + number(due)) * shape.top_k + rank;
      if (chance_.holds(recall, 5, which))
        names_.push_back(truth[rank]);
      else
        mistake(truth, from, static_cast<std::uint32_t>(chance_.draw(6, which) % shape.experts));
    }
    if (names_.size() == from) return;
    const std::span<const expert_index> named = std::span<const expert_index>(names_).subspan(from);
    const bool weighed = tape_->has_weights() && named.size() == truth.size();  // a mistake takes the weight of what it stands for
    hints_.push_back({provenance::target_gate_ahead, due, {row}, named, weighed ? tape_->weights(place, due) : std::span<const float>(), {}});
  }
  /// The first expert from `begin` on that this row neither uses nor has named; nobody where there is none.
  void mistake(std::span<const expert_index> truth, std::size_t from, std::uint32_t begin) {
    for (std::uint32_t i = 0; i < tape_->shape().experts; ++i) {
      const auto other = static_cast<expert_index>((begin + i) % tape_->shape().experts);
      if (std::find(truth.begin(), truth.end(), other) != truth.end()) continue;
      if (std::find(names_.begin() + static_cast<std::ptrdiff_t>(from), names_.end(), other) != names_.end()) continue;
      names_.push_back(other);
      return;
    }
  }

  const routing_tape* tape_;
  gate_quality quality_;
  fixed_chance chance_;
  std::vector<expert_index> names_;
  std::vector<hint> hints_;
};

}  // namespace moesaic::sim
