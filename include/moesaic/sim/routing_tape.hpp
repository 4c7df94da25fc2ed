// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/core/event.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/core/routing.hpp>
#include <moesaic/trace/trace_reader.hpp>

namespace moesaic::sim {

/// Consecutive tokens of one sequence that are run in the same way: in one pass (what the trace calls a batch), or one after
/// the other.
struct tape_part {
  std::uint32_t first = 0;     ///< index of its first token, over the whole tape
  std::uint32_t tokens = 0;
  std::uint32_t begins = 0;    ///< index of the sequence's first token
  bool in_one_pass = false;
};

/// The routing of a whole trace by token and layer, as a model on paper needs it: any token at any time.
/// Cost: two bytes per id, four more where weights are kept. Threads: many may read.
class routing_tape {
 public:
  explicit routing_tape(const trace::dimensions& shape, bool keep_weights = false) : shape_(shape), keeps_weights_(keep_weights) {}

  result<void> add(const trace::routing_rows& rows) {
    if (tokens() + std::uint64_t{rows.tokens} > std::numeric_limits<std::int32_t>::max())
      return error(error_code::bad_argument, "more than 2^31 tokens cannot be numbered as tokens of a model; cut the trace");
    const std::uint32_t first = tokens();
    if (parts_.empty() || rows.sequence != sequence_) begins_ = first;
    const bool goes_on = !parts_.empty() && rows.sequence == sequence_ && rows.batch == batch_;
    if (goes_on)
      parts_.back().tokens += rows.tokens;
    else
      parts_.push_back({first, rows.tokens, begins_, rows.batch != 0});
    sequence_ = rows.sequence;
    batch_ = rows.batch;
    for (const std::uint16_t e : rows.experts) ids_.push_back(static_cast<expert_index>(e));
    if (keeps_weights_)
      for (const gate_mass w : rows.weights) weights_.push_back(static_cast<float>(w.count) / 65'536.0F);
    return {};
  }
  /// All rows of a reader. `watch(tokens)` hears how far it has come.
  template <trace::trace_reader Reader, class Watch>
  [[nodiscard]] static result<routing_tape> read(Reader& reader, Watch&& watch) {
    routing_tape tape(reader.facts().shape, reader.facts().weights);
    for (;;) {
      const result<std::optional<trace::routing_rows>> rows = reader.next();
      if (!rows) return rows.error();
      if (!*rows) return tape;
      if (const result<void> added = tape.add(**rows); !added) return added.error();
      watch(tape.tokens());
    }
  }

  [[nodiscard]] const trace::dimensions& shape() const noexcept { return shape_; }
  [[nodiscard]] std::uint32_t tokens() const noexcept { return shape_.row() == 0 ? 0 : static_cast<std::uint32_t>(ids_.size() / shape_.row()); }
  [[nodiscard]] std::span<const tape_part> parts() const noexcept { return parts_; }
  [[nodiscard]] bool has_weights() const noexcept { return !weights_.empty() && weights_.size() == ids_.size(); }

  /// The experts of one token in one layer, in rank order; those that are no expert of the layer say "not routed".
  [[nodiscard]] std::span<const expert_index> routes(std::uint32_t token, layer_index layer) const noexcept {
    return std::span(ids_).subspan(at(token, layer), shape_.top_k);
  }
  [[nodiscard]] std::span<const float> weights(std::uint32_t token, layer_index layer) const noexcept {
    return std::span(weights_).subspan(at(token, layer), shape_.top_k);
  }

 private:
  [[nodiscard]] std::size_t at(std::uint32_t token, layer_index layer) const noexcept {
    return token * shape_.row() + std::size_t{number(layer)} * shape_.top_k;
  }

  trace::dimensions shape_;
  std::vector<expert_index> ids_;  ///< [tokens][layers][top_k]
  std::vector<float> weights_;     ///< the same shape, or empty
  std::vector<tape_part> parts_;
  std::uint32_t sequence_ = 0;
  std::uint32_t batch_ = 0;
  std::uint32_t begins_ = 0;
  bool keeps_weights_ = false;
};

}  // namespace moesaic::sim
