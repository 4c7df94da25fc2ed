// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/core/result.hpp>
#include <moesaic/trace/hub/any_trace.hpp>

#include "options.hpp"

namespace moesaic::tracing {

/// One trace or several behind each other, without what was not chosen: a trace_reader over others.
/// Sequences and tokens are numbered anew. Errors: the readers'; traces of different models; a choice of what is not there.
class chosen_rows {
 public:
  [[nodiscard]] static result<chosen_rows> open(const options& asked, bool weights);

  [[nodiscard]] const trace::trace_facts& facts() const noexcept { return facts_; }
  [[nodiscard]] result<std::optional<trace::routing_rows>> next();
  /// Where the description beside their own trace speaks of the sequence of the last rows; else its number there.
  [[nodiscard]] std::uint32_t source_sequence() const noexcept { return source_sequence_; }
  /// Traces that lacked their end, so far.
  [[nodiscard]] const std::vector<std::string>& interrupted() const noexcept { return interrupted_; }

 private:
  explicit chosen_rows(const options& asked) : asked_(&asked) {}
  [[nodiscard]] result<void> open_next();
  [[nodiscard]] bool chosen(std::uint32_t sequence) const noexcept;
  [[nodiscard]] std::optional<trace::routing_rows> kept(const trace::routing_rows& rows);

  const options* asked_;
  bool weights_ = false;
  std::size_t file_ = 0;                      ///< the one that comes next
  std::optional<trace::any_trace> open_;
  trace::trace_facts facts_;
  std::uint64_t seen_sequences_ = 0;          ///< of the open trace
  std::uint64_t in_sequence_ = 0;             ///< tokens of its sequence that went by
  std::uint32_t source_sequence_ = 0;
  std::uint32_t batches_ = 0, last_batch_ = 0;
  std::optional<std::uint32_t> sequence_;     ///< given last
  std::optional<std::pair<std::size_t, std::uint32_t>> given_;  ///< where it came from: file, sequence
  std::uint64_t tokens_ = 0;
  std::vector<std::string> interrupted_;
};

}  // namespace moesaic::tracing
