// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/trace/event_table.hpp>
#include <moesaic/trace/routing_rows.hpp>

namespace moesaic::trace {

struct window_options {
  std::uint32_t window = 1;   ///< consecutive tokens of one sequence that make a step, 1 to 65535
  bool keep_weights = false;  ///< keep gate mass, where the rows have weights
  bool keep_routes = false;   ///< keep router order
};

/// Turns routing rows into event sets by the counting rules of this library's replay: a step is `window` consecutive tokens
/// of one sequence, its last one may be shorter; an event is (step, layer), its set the distinct experts of the step's tokens
/// there; what is not routed is left out, and an event without experts does not happen.
///
/// Rows may come in pieces of any length. Cost: O(1) per id but for sorting each set; memory is the table and one window.
/// One thread at a time.
class window_builder {
 public:
  window_builder(const dimensions& shape, const window_options& options)
      : options_(options), seen_(shape.experts), known_(std::size_t{shape.layers} * shape.experts) {
    table_.shape = shape;
    table_.window = options.window;
  }

  void add(const routing_rows& rows) {
    const std::size_t row = table_.shape.row();
    for (std::uint32_t t = 0; t < rows.tokens; ++t) {
      if (held_ > 0 && rows.sequence != step_.sequence) flush();
      if (held_ == 0) {
        step_.first_token = static_cast<std::uint32_t>(rows.first_token + t);
        step_.sequence = rows.sequence;
        step_.during = t < rows.prompt_tokens ? phase::prefill : phase::decode;
      }
      const auto from = static_cast<std::ptrdiff_t>(t * row), to = static_cast<std::ptrdiff_t>((t + 1) * row);
      ids_.insert(ids_.end(), rows.experts.begin() + from, rows.experts.begin() + to);
      if (options_.keep_weights && !rows.weights.empty())
        weights_.insert(weights_.end(), rows.weights.begin() + from, rows.weights.begin() + to);
      if (++held_ == options_.window) flush();
    }
  }

  /// The table of everything added; nothing may be added afterwards.
  [[nodiscard]] event_table finish() {
    if (held_ > 0) flush();
    return std::move(table_);
  }

 private:
  struct tally {
    std::uint32_t last_token = 0;  ///< the token counted last, from 1; 0: not in the set
    std::uint16_t tokens = 0;
    gate_mass mass{};
  };

  void flush() {
    step_.tokens = held_;
    step_.first_event = static_cast<std::uint32_t>(table_.layers.size());
    step_.first_access = table_.experts.size();
    table_.steps.push_back(step_);
    for (std::uint32_t l = 0; l < table_.shape.layers; ++l) collect(l);
    ids_.clear();
    weights_.clear();
    held_ = 0;
  }

  void collect(std::uint32_t layer) {
    const std::size_t k = table_.shape.top_k;
    set_.clear();
    for (std::uint32_t t = 0; t < held_; ++t) {
      const std::size_t at = t * table_.shape.row() + layer * k;
      for (std::size_t i = at; i < at + k; ++i) {
        const std::uint16_t e = ids_[i];
        if (options_.keep_routes) table_.routes.push_back(static_cast<expert_index>(e));
        if (e == not_routed) continue;
        tally& of = seen_[e];
        if (of.last_token == 0) set_.push_back(e);
        if (of.last_token != t + 1) ++of.tokens;
        of.last_token = t + 1;
        if (!weights_.empty()) of.mass += weights_[i];
      }
    }
    if (set_.empty()) return;
    std::sort(set_.begin(), set_.end());
    table_.layers.push_back(static_cast<std::uint16_t>(layer));
    table_.sizes.push_back(static_cast<std::uint16_t>(set_.size()));
    for (const std::uint16_t e : set_) {
      table_.experts.push_back(e);
      if (options_.window > 1) table_.tokens.push_back(seen_[e].tokens);
      if (options_.keep_weights) table_.masses.push_back(seen_[e].mass);
      seen_[e] = {};
      std::uint8_t& known = known_[layer * table_.shape.experts + e];
      table_.compulsory += known == 0 ? 1 : 0;
      known = 1;
    }
  }

  window_options options_;
  event_table table_;
  step_row step_;
  std::uint32_t held_ = 0;               ///< tokens of the step that is being filled
  std::vector<std::uint16_t> ids_;       ///< [held][layers][top_k]
  std::vector<gate_mass> weights_;       ///< the same shape, or empty
  std::vector<std::uint16_t> set_;
  std::vector<tally> seen_;              ///< [experts], all empty between layers
  std::vector<std::uint8_t> known_;      ///< [layers][experts]
};

}  // namespace moesaic::trace
