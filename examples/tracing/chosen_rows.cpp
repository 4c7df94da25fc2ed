// SPDX-License-Identifier: MIT
#include "chosen_rows.hpp"

#include <algorithm>
#include <moesaic/trace/hub/open_trace.hpp>

namespace moesaic::tracing {

result<chosen_rows> chosen_rows::open(const options& asked, bool weights) {
  chosen_rows rows(asked);
  rows.weights_ = weights;
  if (const result<void> first = rows.open_next(); !first) return first.error();
  return rows;
}

result<void> chosen_rows::open_next() {
  const std::string& path = asked_->traces[file_];
  trace::trace_options how = asked_->said;
  how.weights = weights_;
  result<trace::any_trace> opened = trace::open_trace(path, how);
  if (!opened) return opened.error();
  const trace::trace_facts& facts = opened->facts();
  if (file_ == 0) {
    facts_ = facts;
  } else if (facts.shape != facts_.shape) {
    return error(error_code::bad_file, path, ": ", facts.shape.layers, " layers of ", facts.shape.experts, " experts, top-", facts.shape.top_k, ", but ",
                 asked_->traces[0], " has ", facts_.shape.layers, " of ", facts_.shape.experts, ", top-", facts_.shape.top_k,
                 "; merge traces of one model (formats that count experts take --experts N)");
  } else if (facts.weights != facts_.weights && weights_) {
    return error(error_code::bad_file, path, ": has ", facts.weights ? "weights, unlike " : "no weights, unlike ", asked_->traces[0], "; take --weights none");
  }
  if (facts.weight_steps != facts_.weight_steps) facts_.weight_steps = 0;
  open_ = *std::move(opened);
  seen_sequences_ = 0;
  ++file_;
  return {};
}

bool chosen_rows::chosen(std::uint32_t sequence) const noexcept {
  return asked_->sequences.empty() || std::any_of(asked_->sequences.begin(), asked_->sequences.end(),
                                                  [&](const auto& range) { return range.first <= sequence && sequence <= range.second; });
}

/// The part of these rows that is kept.
std::optional<trace::routing_rows> chosen_rows::kept(const trace::routing_rows& rows) {
  if (rows.sequence >= seen_sequences_) {
    seen_sequences_ = rows.sequence + std::uint64_t{1};
    in_sequence_ = 0;
  }
  const std::uint64_t before = in_sequence_;
  in_sequence_ += rows.tokens;
  if (!chosen(rows.sequence)) return std::nullopt;
  std::uint64_t from = 0, to = rows.tokens;
  if (asked_->tokens) {
    from = std::clamp<std::uint64_t>(asked_->tokens->first, before, in_sequence_) - before;
    to = std::clamp<std::uint64_t>(asked_->tokens->second + 1, before, in_sequence_) - before;
  }
  if (from == to) return std::nullopt;
  trace::routing_rows part = rows;
  const std::size_t row = facts_.shape.row();
  part.tokens = static_cast<std::uint32_t>(to - from);
  part.prompt_tokens = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(rows.prompt_tokens, from, to) - from);
  part.experts = rows.experts.subspan(from * row, part.tokens * row);
  if (!rows.weights.empty()) part.weights = rows.weights.subspan(from * row, part.tokens * row);
  if (!rows.recorded.empty()) part.recorded = rows.recorded.subspan(from * row, part.tokens * row);

  const std::pair<std::size_t, std::uint32_t> source{file_, rows.sequence};
  if (given_ != source) sequence_ = sequence_ ? *sequence_ + 1 : 0;
  if (rows.batch != 0 && (rows.batch != last_batch_ || given_ != source)) ++batches_;
  last_batch_ = rows.batch;
  given_ = source;
  source_sequence_ = rows.meta_index.value_or(rows.sequence);
  part.sequence = *sequence_;
  part.batch = rows.batch == 0 ? 0 : batches_;
  part.first_token = tokens_;
  tokens_ += part.tokens;
  return part;
}

result<std::optional<trace::routing_rows>> chosen_rows::next() {
  for (;;) {
    const result<std::optional<trace::routing_rows>> rows = open_->next();
    if (!rows) return rows.error();
    if (*rows) {
      if (const std::optional<trace::routing_rows> part = kept(**rows)) return std::optional<trace::routing_rows>(*part);
      continue;
    }
    if (open_->interrupted()) interrupted_.push_back(asked_->traces[file_ - 1]);
    if (!asked_->sequences.empty() && asked_->sequences.back().first >= seen_sequences_)
      return error(error_code::bad_argument, "--sequences: ", asked_->traces[file_ - 1], " has ", seen_sequences_, " sequences, ",
                   asked_->sequences.back().first, " is none of them (they count from 0)");
    if (file_ == asked_->traces.size()) {
      if (tokens_ == 0) return error(error_code::bad_argument, "nothing is left of ", asked_->traces[0], "; keep other --sequences or --tokens");
      return std::optional<trace::routing_rows>{};
    }
    if (const result<void> opened = open_next(); !opened) return opened.error();
  }
}

}  // namespace moesaic::tracing
