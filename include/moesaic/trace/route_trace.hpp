// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/trace/layer_numbers.hpp>
#include <moesaic/trace/pass_builder.hpp>
#include <moesaic/trace/route_trace_header.hpp>
#include <moesaic/trace/text_fields.hpp>
#include <moesaic/trace/text_lines.hpp>
#include <moesaic/trace/trace_reader.hpp>

namespace moesaic::trace {

/// Reads BigMoeOnEdge's `route_trace v1`: a CSV with one line for each routed expert of each token, layer and rank.
///
/// Source: the project's own description of the file (Helldez/BigMoeOnEdge, docs on `--route-trace`) and its writer
/// (`CsvRouteTraceSink`), and the published trace of Qwen3-30B-A3B.
/// A sequence is a turn. A step is one decoded token (phase 1); a prompt (phase 0) is written layer by layer and is one batch,
/// a batch for each time its layers begin again. So is a window of drafted tokens that were run together, if there are any;
/// the next window may begin within it, where drafts were rejected. Layers are the blocks that have an `expert_bytes` line above 0; where there
/// are no such lines, those that occur. The last layer of a prompt may hold its last token only: the rest is not routed.
/// Recorded residency: 0 absent, 1 hit, 2 hit on a prefetch's first touch, which is resident too. Weights that the engine did
/// not see are written `nan`, in all rows or none; such a trace has no weights. An expert that was dropped was routed.
/// Checked: steps ascend within a turn, layers within a pass, slots from 0; a decoded token has all layers and all ranks.
/// Errors name the line. Memory: one pass. Two readings, of which the second counts, only where the header lacks numbers.
/// One thread at a time.
template <byte_source Source>
class route_trace_reader {
 public:
  /// `again` gives the same source once more: a result<Source>, asked at most once.
  template <class Again>
  [[nodiscard]] static result<route_trace_reader> open(Source source, Again&& again);

  [[nodiscard]] const trace_facts& facts() const noexcept { return facts_; }
  [[nodiscard]] result<std::optional<routing_rows>> next();

 private:
  using header_type = route_trace_header;
  struct row {
    std::int64_t turn = 0, phase = 1, step = 0;
    std::uint32_t layer = 0, slot = 0, expert = 0;  ///< as written
    std::optional<gate_mass> weight;
    std::uint8_t recorded = recorded_nothing;
  };

  explicit route_trace_reader(Source source) : lines_(std::move(source)) {}
  [[nodiscard]] result<void> take_header();
  [[nodiscard]] bool says_all() const noexcept { return header_.experts && header_.top_k && !facts_.expert_bytes.empty(); }
  [[nodiscard]] result<void> survey();
  [[nodiscard]] result<void> look_at_first();
  [[nodiscard]] result<std::optional<row>> read_row();
  [[nodiscard]] bool another_pass(const row& r) const noexcept {
    return r.turn != last_.turn || r.phase != last_.phase || r.layer < last_.layer || (r.phase == 1 && r.step != last_.step && layers_.count() == 1);
  }
  [[nodiscard]] result<void> check_order(const row& r);
  [[nodiscard]] result<void> add(const row& r);
  [[nodiscard]] result<void> check_complete();

  text_lines<Source> lines_;
  header_type header_;
  trace_facts facts_;
  layer_numbers layers_;
  std::optional<pass_builder> pass_;
  std::optional<row> waiting_;  ///< first row of the pass that comes next
  row last_;                    ///< of the pass that is being built
  std::int64_t ended_at_ = -1;  ///< the step above which this turn goes on; drafted tokens may be run again
  std::uint64_t tokens_ = 0;
  std::uint32_t sequence_ = 0, batches_ = 0;
  bool given_ = false;          ///< `pass_` holds what the caller has seen
};

template <byte_source Source>
template <class Again>
result<route_trace_reader<Source>> route_trace_reader<Source>::open(Source source, Again&& again) {
  route_trace_reader reader(std::move(source));
  if (const result<void> header = reader.take_header(); !header) return header.error();
  if (!reader.says_all()) {
    if (const result<void> seen = reader.survey(); !seen) return seen.error();
    result<Source> second = again();
    if (!second) return second.error();
    reader.lines_ = text_lines<Source>(*std::move(second));
    if (const result<header_type> header = header_type::read(reader.lines_); !header) return header.error();
  }
  reader.facts_.format = header_type::format;
  reader.facts_.shape = {reader.layers_.count(), *reader.header_.experts, *reader.header_.top_k};
  if (const auto wrong = unusable(reader.facts_.shape)) return error(error_code::bad_file, reader.lines_.name(), ": its header ", *wrong);
  if (const result<void> first = reader.look_at_first(); !first) return first.error();
  reader.pass_.emplace(reader.facts_.shape, reader.facts_.weights, reader.header_.place[header_type::residency] != header_type::absent);
  return reader;
}

template <byte_source Source>
result<void> route_trace_reader<Source>::take_header() {
  result<header_type> header = header_type::read(lines_);
  if (!header) return header.error();
  header_ = *std::move(header);
  if (header_.blocks && *header_.blocks > 65'535) return lines_.wrong("n_layer is ", *header_.blocks, "; 1 to 65535 are possible");
  for (const auto& [block, size] : header_.expert_bytes) {
    if (header_.blocks && block >= *header_.blocks) return lines_.wrong("there are expert_bytes for layer ", block, ", but n_layer is ", *header_.blocks);
    if (size.count == 0) continue;  // a dense block
    layers_.add(block);
    facts_.expert_bytes.push_back(size);
  }
  return {};
}

/// What the header does not say is counted in all rows.
template <byte_source Source>
result<void> route_trace_reader<Source>::survey() {
  std::uint32_t experts = 0, slots = 0;
  for (;;) {
    const result<std::optional<row>> r = read_row();
    if (!r) return r.error();
    if (!*r) break;
    if ((*r)->layer >= layer_numbers::most) return lines_.wrong("layer ", (*r)->layer, " is beyond what a model has");
    if (facts_.expert_bytes.empty()) layers_.add((*r)->layer);
    experts = std::max(experts, std::min((*r)->expert, 65'535U) + 1);
    slots = std::max(slots, std::min((*r)->slot, 65'535U) + 1);
  }
  if (!header_.experts) header_.experts = experts;
  if (!header_.top_k) header_.top_k = slots;
  return {};
}

/// Whether there are weights shows in the first row.
template <byte_source Source>
result<void> route_trace_reader<Source>::look_at_first() {
  const result<std::optional<row>> first = read_row();
  if (!first) return first.error();
  waiting_ = *first;
  if (!waiting_) return error(error_code::bad_file, lines_.name(), ": line ", lines_.number(), ": the file ends without a row below its column names");
  facts_.weights = waiting_->weight.has_value();
  return {};
}

template <byte_source Source>
auto route_trace_reader<Source>::read_row() -> result<std::optional<row>> {
  result<std::optional<std::string_view>> line = lines_.next();
  while (line && *line && ((*line)->empty() || (*line)->starts_with('#'))) line = lines_.next();
  if (!line) return line.error();
  if (!*line) return std::optional<row>{};
  std::array<std::string_view, header_type::columns> text{};
  text_fields all(**line, ',');
  std::size_t fields = 0;
  for (; const std::optional<std::string_view> field = all.next(); ++fields)
    for (std::size_t c = 0; c < header_type::columns; ++c)
      if (header_.place[c] == fields) text[c] = *field;
  if (fields != header_.fields) return lines_.wrong("has ", fields, " fields, but there are ", header_.fields, " columns");

  const auto there = [&](auto column) { return header_.place[column] != header_type::absent; };
  const auto wants = [&](auto column, std::string_view what) {
    return lines_.wrong(header_type::names[column], " is `", text[column].substr(0, 32), "`; expected ", what);
  };
  row r;
  if (there(header_type::turn)) {
    const auto turn = whole_number<std::int64_t>(text[header_type::turn]);
    if (!turn || *turn < 0) return wants(header_type::turn, "a whole number from 0");
    r.turn = *turn;
  }
  if (there(header_type::phase)) {
    const auto phase = whole_number<std::int64_t>(text[header_type::phase]);
    if (!phase || (*phase != 0 && *phase != 1)) return wants(header_type::phase, "0 (prefill) or 1 (decode)");
    r.phase = *phase;
  }
  const auto step = whole_number<std::int64_t>(text[header_type::step]);
  if (!step || *step < 0) return wants(header_type::step, "a whole number from 0 (a token's position)");
  r.step = *step;
  for (const auto& [column, to] : {std::pair{header_type::layer, &r.layer}, {header_type::slot, &r.slot}, {header_type::expert, &r.expert}}) {
    const auto number = whole_number<std::uint32_t>(text[column]);
    if (!number) return wants(column, "a whole number from 0");
    *to = *number;
  }
  if (there(header_type::weight)) {
    const auto weight = real_number(text[header_type::weight]);
    if (weight && !std::isnan(*weight)) r.weight = weight_of(*weight);
    if (!weight || (!std::isnan(*weight) && !r.weight)) return wants(header_type::weight, "a gate weight from 0 to 65535, or nan");
  }
  if (there(header_type::residency)) {
    const auto mark = whole_number<std::uint32_t>(text[header_type::residency]);
    if (!mark || *mark > 2) return wants(header_type::residency, "0 (miss), 1 (hit) or 2 (hit on a prefetch)");
    r.recorded = *mark == 0 ? recorded_absent : recorded_resident;
  }
  return std::optional<row>(r);
}

template <byte_source Source>
result<std::optional<routing_rows>> route_trace_reader<Source>::next() {
  if (given_) {
    pass_->clear();
    given_ = false;
  }
  for (;;) {
    if (!waiting_) {
      result<std::optional<row>> read = read_row();
      if (!read) return read.error();
      waiting_ = *read;
    }
    const bool begins = !waiting_ || (!pass_->empty() && another_pass(*waiting_));
    if (begins && !pass_->empty()) {
      if (const result<void> complete = check_complete(); !complete) return complete.error();
      const bool prompt = last_.phase == 0;
      const bool batch = prompt || pass_->tokens() > 1;
      const routing_rows rows = pass_->rows(sequence_, tokens_, prompt, batch ? ++batches_ : 0);
      tokens_ += rows.tokens;
      ended_at_ = prompt ? pass_->last_name() : pass_->first_name();
      if (waiting_ && waiting_->turn != last_.turn) {
        if (waiting_->turn < last_.turn) return lines_.wrong("turn ", waiting_->turn, " comes after turn ", last_.turn, "; turns have to ascend");
        ++sequence_;
        ended_at_ = -1;
      }
      given_ = true;
      return std::optional<routing_rows>(rows);
    }
    if (!waiting_) return std::optional<routing_rows>{};
    if (const result<void> fits = check_order(*waiting_); !fits) return fits.error();
    if (const result<void> added = add(*waiting_); !added) return added.error();
    last_ = *std::exchange(waiting_, std::nullopt);
  }
}

template <byte_source Source>
result<void> route_trace_reader<Source>::check_order(const row& r) {
  const bool first = pass_->empty();
  if (first && ended_at_ >= 0 && r.phase < last_.phase)
    return lines_.wrong("a prompt (phase 0) follows decoded tokens in turn ", r.turn, "; a turn has one prompt");
  if (first && r.step <= ended_at_) return lines_.wrong("step ", r.step, " comes after step ", ended_at_, " was complete; steps of a turn have to ascend");
  if (!first && r.layer == last_.layer && r.step < last_.step)
    return lines_.wrong("step ", r.step, " comes after step ", last_.step, " in layer ", r.layer, "; steps have to ascend");
  return {};
}

template <byte_source Source>
result<void> route_trace_reader<Source>::add(const row& r) {
  const std::optional<std::uint32_t> layer = layers_.index(r.layer);
  if (!layer) return lines_.wrong("layer ", r.layer, " is none of the ", layers_.count(), " layers that the header gives expert_bytes");
  if (r.expert >= facts_.shape.experts)
    return lines_.wrong("expert ", r.expert, " in a layer of ", facts_.shape.experts, "; ids go to ", facts_.shape.experts - 1);
  if (r.slot >= facts_.shape.top_k) return lines_.wrong("slot ", r.slot, " of top-", facts_.shape.top_k, "; slots go to ", facts_.shape.top_k - 1);
  if (r.weight.has_value() != facts_.weights) return lines_.wrong("the weight is ", r.weight ? "a number" : "nan", ", unlike those above; all or none are nan");
  const std::uint32_t filled = pass_->filled_of(r.step, *layer);
  if (r.slot != filled) return lines_.wrong("slot ", r.slot, " of step ", r.step, " in layer ", r.layer, ", where slot ", filled, " comes next");
  if (const auto wrong = pass_->add(r.step, *layer, r.slot, static_cast<std::uint16_t>(r.expert), r.weight.value_or(gate_mass{}), r.recorded))
    return lines_.wrong("expert ", r.expert, " of step ", r.step, " in layer ", r.layer, " ", *wrong);
  return {};
}

template <byte_source Source>
result<void> route_trace_reader<Source>::check_complete() {
  const std::string_view where = waiting_ ? "" : "; the file is cut";
  for (std::size_t t = 0; t < pass_->tokens(); ++t)
    for (std::uint32_t l = 0; l < facts_.shape.layers; ++l) {
      const std::uint32_t filled = pass_->filled(t, l);
      const bool wanted = last_.phase == 1 || t + 1 == pass_->tokens();  // a prompt's last layer needs its last token only
      if (filled == facts_.shape.top_k || (filled == 0 && !wanted)) continue;
      return lines_.wrong("the pass that ends with step ", pass_->last_name(), " has ", filled, " of ", facts_.shape.top_k, " experts in layer ",
                          layers_.blocks()[l], where);
    }
  return {};
}

}  // namespace moesaic::trace
