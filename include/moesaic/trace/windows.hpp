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
  std::uint32_t window = 1;     ///< consecutive tokens of one sequence that make a step, 1 to 65535
  bool keep_weights = false;    ///< keep gate mass, where the rows have weights
  bool keep_routes = false;     ///< keep router order
  bool keep_recorded = false;   ///< keep the residency that a real engine recorded, where the rows have it
  bool one_by_one = false;      ///< each access is an event of its own, in router order: how caches of single objects count
};

/// Turns routing rows into event sets by the counting rules of this library's replay: a step is what the trace itself calls a
/// batch, or else `window` consecutive tokens of one sequence, its last one may be shorter; an event is (step, layer), its set
/// the distinct experts of the step's tokens there; what is not routed is left out, and an event without experts does not happen.
///
/// Rows may come in pieces of any length. Cost: O(1) per id but for sorting each set; memory is the table and one step.
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
      if (held_ > 0 && (rows.sequence != step_.sequence || rows.batch != batch_)) flush();
      if (held_ == 0) {
        step_.first_token = static_cast<std::uint32_t>(rows.first_token + t);
        step_.sequence = rows.sequence;
        step_.during = t < rows.prompt_tokens ? phase::prefill : phase::decode;
        batch_ = rows.batch;
      }
      const auto copy = [&](auto& to, const auto& from) {
        to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(t * row), from.begin() + static_cast<std::ptrdiff_t>((t + 1) * row));
      };
      copy(ids_, rows.experts);
      if (options_.keep_weights && !rows.weights.empty()) copy(weights_, rows.weights);
      if (options_.keep_recorded && !rows.recorded.empty()) copy(recorded_, rows.recorded);
      ++held_;
      if (batch_ == 0 && held_ == options_.window) flush();
    }
  }

  /// The table of everything added; nothing may be added afterwards.
  [[nodiscard]] event_table finish() {
    if (held_ > 0) flush();
    if (!table_.recorded.empty()) table_.recorded.resize(table_.experts.size(), recorded_nothing);
    return std::move(table_);
  }

 private:
  struct tally {
    std::uint32_t last_token = 0;  ///< the token counted last, from 1; 0: not in the set
    std::uint16_t tokens = 0;      ///< of a batch of more than 65,535 as many
    std::uint8_t recorded = recorded_nothing;
    gate_mass mass{};
  };

  void flush() {
    step_.tokens = held_;
    step_.first_event = static_cast<std::uint32_t>(table_.layers.size());
    step_.first_access = table_.experts.size();
    table_.steps.push_back(step_);
    // At window 1 all counts are 1 and not kept, until a batch shows that they are needed.
    if (held_ > 1 && !options_.one_by_one) table_.tokens.resize(table_.experts.size(), 1);
    for (std::uint32_t l = 0; l < table_.shape.layers; ++l) collect(l);
    ids_.clear();
    weights_.clear();
    recorded_.clear();
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
        if (of.last_token != t + 1 && of.tokens < 65'535) ++of.tokens;
        if (of.last_token == 0 && !recorded_.empty()) of.recorded = recorded_[i];
        of.last_token = t + 1;
        if (!weights_.empty()) of.mass += weights_[i];
        if (options_.one_by_one) add_event(layer);
      }
    }
    if (!set_.empty()) add_event(layer);
  }

  /// The set becomes an event, and is empty again.
  void add_event(std::uint32_t layer) {
    std::sort(set_.begin(), set_.end());
    table_.layers.push_back(static_cast<std::uint16_t>(layer));
    table_.sizes.push_back(static_cast<std::uint16_t>(set_.size()));
    const bool counted = !options_.one_by_one && (options_.window > 1 || !table_.tokens.empty());
    for (const std::uint16_t e : set_) {
      table_.experts.push_back(e);
      if (counted) table_.tokens.push_back(seen_[e].tokens);
      if (options_.keep_weights) table_.masses.push_back(seen_[e].mass);
      if (!recorded_.empty()) {
        table_.recorded.resize(table_.experts.size() - 1, recorded_nothing);
        table_.recorded.push_back(seen_[e].recorded);
      }
      seen_[e] = {};
      std::uint8_t& known = known_[layer * table_.shape.experts + e];
      table_.compulsory += known == 0 ? 1 : 0;
      known = 1;
    }
    set_.clear();
  }

  window_options options_;
  event_table table_;
  step_row step_;
  std::uint32_t held_ = 0;               ///< tokens of the step that is being filled
  std::uint32_t batch_ = 0;              ///< the number that its trace gives it, or 0
  std::vector<std::uint16_t> ids_;       ///< [held][layers][top_k]
  std::vector<gate_mass> weights_;       ///< the same shape, or empty
  std::vector<std::uint8_t> recorded_;   ///< the same shape, or empty
  std::vector<std::uint16_t> set_;
  std::vector<tally> seen_;              ///< [experts], all empty between events
  std::vector<std::uint8_t> known_;      ///< [layers][experts]
};

}  // namespace moesaic::trace
