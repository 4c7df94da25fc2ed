// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/core/model_shape.hpp>
#include <moesaic/prediction/learning.hpp>
#include <moesaic/trace/event_table.hpp>

namespace moesaic::sim {

/// Which part of a trace a predictor is measured on, and how.
struct recall_options {
  std::uint32_t teaching = 70;         ///< percent of the sequences that teach and are not measured: the first ones, or
  bool spread = false;                 ///< the first ones of each ten: where a trace is sorted by subject, every subject is learned
  std::uint32_t teaching_of_one = 60;  ///< percent of the steps, where the trace is one sequence
  bool learns_on = false;              ///< the measured part teaches as well
  std::uint32_t first_layer = 3;       ///< layers before it are not measured (or the last, where there are so few)
  std::vector<std::uint32_t> at{};     ///< how many are named; ascending
  std::vector<std::uint32_t> ahead{1}; ///< layers between the event that runs and the one that is foretold
};

/// Recall of one predictor: for each `ahead` and each `at`, the share of an event's experts that are among the first `at` of
/// its forecast, mean over events, then over layers.
struct recall_answer {
  std::uint64_t events = 0;                  ///< measured, in all layers and for all `ahead`
  std::vector<std::vector<double>> recall;   ///< [ahead][at]
  std::vector<std::vector<double>> by_layer; ///< [ahead][layer] at the first of `at`; 0 for layers that are not measured
  std::vector<double> named;                 ///< [ahead] experts that a forecast names on average
};

/// Lets a predictor hear a trace and compares what it expects with what comes, held out: first all that only teaches, then what
/// is measured.
///
/// An event of layer l is compared with what was expected when the event of layer l - ahead of the same step had just been
/// heard. The first step of each sequence is left out, in which nothing of the text is known yet. A predictor that names
/// fewer than `at` is given what it names. Order of a forecast: most rows, then confidence, then lower id.
/// Threads: one at a time. Cost: the predictor's, and O(at x at) per event. Source: ours; the held-out rules are those by
/// which the statistics of the public traces in docs/reference/recall.md were made.
class recall {
 public:
  recall(const trace::event_table& table, recall_options options) : table_(&table), options_(std::move(options)) {}

  template <expert_predictor P>
  [[nodiscard]] recall_answer of(P predictor, const model_shape& shape) const {
    const std::uint32_t layers = table_->shape.layers, first = std::min(options_.first_layer, layers - 1);
    const std::size_t depth = options_.ahead.size(), levels = options_.at.size();
    std::vector<tally> seen(depth * layers, tally{std::vector<double>(levels)});
    std::vector<expert_index> named(options_.at.empty() ? 0 : options_.at.back());
    trace::event_walk walk(*table_);
    tell(predictor, inventory{shape});
    std::uint64_t heard = 0;
    std::uint64_t tokens = 0;
    const auto play = [&](std::size_t s, bool teaching) {
      const bool counts = !teaching && s > 0 && table_->steps[s - 1].sequence == table_->steps[s].sequence;
      tell(predictor, prediction::learning{teaching || options_.learns_on});
      walk.step(s, [&](layer_event event, std::uint64_t) {
        event.step = {heard};  // what is measured comes behind all that teaches, and time only goes forward
        event.first_token = {tokens};
        tell(predictor, event);
        if (!counts) return;
        for (std::size_t d = 0; d < depth; ++d) {
          const std::uint32_t due = number(event.layer) + options_.ahead[d];
          if (due < first || due >= layers) continue;
          const std::span<const std::uint16_t> truth = set_of(s, due);
          if (!truth.empty()) seen[d * layers + due].add(predictor.expectation().top(static_cast<layer_index>(due), named), truth, options_.at);
        }
      });
      ++heard;
      tokens += table_->steps[s].tokens;
    };
    for (const bool teaching : {true, false})
      for (std::size_t s = 0; s < table_->steps.size(); ++s)
        if (teaches(s) == teaching) play(s, teaching);
    return sum(seen, first);
  }

 private:
  struct tally {
    std::vector<double> found;  ///< [at] sum over events of the share that was named
    double named = 0;
    std::uint64_t events = 0;

    void add(std::span<const expert_index> said, std::span<const std::uint16_t> truth, std::span<const std::uint32_t> at) {
      std::size_t i = 0, hits = 0;
      for (std::size_t level = 0; level < at.size(); ++level) {
        for (; i < std::min<std::size_t>(at[level], said.size()); ++i)
          hits += std::binary_search(truth.begin(), truth.end(), static_cast<std::uint16_t>(number(said[i]))) ? 1 : 0;
        found[level] += static_cast<double>(hits) / static_cast<double>(truth.size());
      }
      named += static_cast<double>(said.size());
      ++events;
    }
  };

  [[nodiscard]] bool teaches(std::size_t step) const noexcept {
    const std::uint64_t sequences = table_->steps.back().sequence + std::uint64_t{1}, sequence = table_->steps[step].sequence;
    if (sequences == 1) return step * 100 < table_->steps.size() * options_.teaching_of_one;
    if (options_.spread) return sequence % 10 * 10 < options_.teaching;
    return sequence * 100 < sequences * options_.teaching;
  }
  /// The experts of a step in a layer, ascending; empty where it has no event.
  [[nodiscard]] std::span<const std::uint16_t> set_of(std::size_t step, std::uint32_t layer) const noexcept {
    std::uint64_t access = table_->steps[step].first_access;
    for (std::size_t e = table_->steps[step].first_event; e < table_->end_of(step); ++e) {
      if (table_->layers[e] == layer) return {table_->experts.data() + access, table_->sizes[e]};
      access += table_->sizes[e];
    }
    return {};
  }
  [[nodiscard]] recall_answer sum(std::span<const tally> seen, std::uint32_t first) const {
    const std::uint32_t layers = table_->shape.layers;
    recall_answer answer;
    for (std::size_t d = 0; d < options_.ahead.size(); ++d) {
      answer.recall.emplace_back(options_.at.size());
      answer.by_layer.emplace_back(layers);
      double measured = 0, named = 0;
      for (std::uint32_t l = first; l < layers; ++l) {
        const tally& t = seen[d * layers + l];
        if (t.events == 0) continue;
        answer.events += t.events;
        ++measured;
        named += t.named / static_cast<double>(t.events);
        for (std::size_t i = 0; i < options_.at.size(); ++i) answer.recall[d][i] += t.found[i] / static_cast<double>(t.events);
        if (!options_.at.empty()) answer.by_layer[d][l] = t.found[0] / static_cast<double>(t.events);
      }
      for (double& r : answer.recall[d]) r /= std::max(measured, 1.0);
      answer.named.push_back(named / std::max(measured, 1.0));
    }
    return answer;
  }

  const trace::event_table* table_;
  recall_options options_;
};

}  // namespace moesaic::sim
