// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <moesaic/core/routing.hpp>
#include <moesaic/trace/journal_reader.hpp>
#include <moesaic/trace/trace_reader.hpp>

namespace moesaic::trace {

/// A journal as a routing trace: each step that the target ran, whole. Models trace_reader.
///
/// A step is what the journal calls one; a part of a prompt and a window of drafted tokens are batches, with every row that
/// was run, rejected drafts included, because their experts were wanted too. Tokens are counted as they were run. What was
/// resident when an event began comes from its `found` records. A step that failed and was tried again is there each time; the
/// one in which a run broke off is left out.
/// Errors: as journal_reader; and a journal whose engine named sets of experts without routes cannot be read as rows.
/// Cost: memory for one step, at most 2^24 ids.
template <byte_source Source>
class journal_rows {
 public:
  /// The run broke off: rows end with its last complete step.
  [[nodiscard]] bool interrupted() const noexcept { return reader_.interrupted(); }
  [[nodiscard]] static result<journal_rows> open(Source from) {
    result<journal_reader<Source>> reader = journal_reader<Source>::open(std::move(from));
    if (!reader) return reader.error();
    journal_rows made(*std::move(reader));
    if (const result<void> looked = made.read_on(); !looked) return looked.error();
    made.facts_.weights = made.weighed_;
    return result<journal_rows>(std::move(made));
  }
  [[nodiscard]] const trace_facts& facts() const noexcept { return facts_; }

  [[nodiscard]] result<std::optional<routing_rows>> next() {
    if (!complete_)
      if (const result<void> read = read_on(); !read) return read.error();
    if (!complete_) return std::optional<routing_rows>{};
    complete_ = false;
    const bool of_prompt = step_.during == phase::prefill;
    const bool batch = step_.during != phase::decode || step_.tokens > 1;
    batches_ += batch ? 1U : 0U;
    const routing_rows rows{sequence_,
                            token_,
                            of_prompt ? step_.tokens : 0,
                            step_.tokens,
                            experts_,
                            weighed_ ? std::span<const gate_mass>(masses_) : std::span<const gate_mass>{},
                            batch ? batches_ : 0,
                            noted_ ? std::span<const std::uint8_t>(recorded_) : std::span<const std::uint8_t>{}};
    token_ += step_.tokens;
    return std::optional<routing_rows>(rows);
  }

 private:
  static constexpr std::size_t most_ids = std::size_t{1} << 24U;

  explicit journal_rows(journal_reader<Source> reader) : reader_(std::move(reader)) {
    const model_shape& shape = *reader_.header().shape;
    facts_.format = "moesaic journal";
    facts_.shape = {shape.layers(), shape.widest_layer(), 0};
    for (std::uint32_t l = 0; l < shape.layers(); ++l) facts_.shape.top_k = std::max(facts_.shape.top_k, shape.top_k(static_cast<layer_index>(l)));
    facts_.expert_bytes.resize(std::size_t{shape.layers()} * shape.widest_layer());
    for (std::uint32_t l = 0; l < shape.layers(); ++l)
      for (std::uint32_t e = 0; e < shape.experts(static_cast<layer_index>(l)); ++e)
        facts_.expert_bytes[std::size_t{l} * shape.widest_layer() + e] = shape.size_of(make_expert(l, e));
    filled_.resize(shape.layers());
  }
  [[nodiscard]] error wrong(std::string_view what) const { return error(error_code::bad_file, reader_.name(), ": byte ", reader_.offset(), ": ", what); }

  /// Reads until a step is complete, or to the end. The event that belongs to the next step stays in `waiting_`.
  [[nodiscard]] result<void> read_on() {
    if (open_event_) {
      open_event_ = false;
      begin_step(waiting_.event);
      if (const result<void> taken = take(waiting_.event); !taken) return taken;
    }
    for (;;) {
      result<std::optional<journal::record>> got = reader_.next();
      if (!got) return got.error();
      if (!*got) {
        complete_ = std::exchange(open_, false) && !reader_.interrupted();  // else nobody knows what it would have become
        return {};
      }
      if (const auto* const a = std::get_if<seen::acquire>(&**got)) {
        const layer_event& e = a->event;
        const bool another = open_ && (e.step != step_.step || e.first_token != step_.first_token || e.during != step_.during || e.tokens != step_.tokens ||
                                       filled_[number(e.layer)] != 0);
        if (another) {
          waiting_ = *a;  // its spans stay as they are: nothing is read before it is taken
          open_event_ = true;
          return complete_ = true, open_ = false, result<void>();
        }
        if (!open_) begin_step(e);
        if (const result<void> taken = take(e); !taken) return taken;
      } else if (const auto* const f = std::get_if<seen::found>(&**got)) {
        if (open_) note(*f);
      } else if (std::holds_alternative<step_outcome>(**got)) {
        if (open_) return complete_ = true, open_ = false, result<void>();
      } else if (std::holds_alternative<seen::sequence>(**got)) {
        new_sequence_ = true;
      }
    }
  }
  void begin_step(const layer_event& e) {
    sequence_ += new_sequence_ && begun_ ? 1U : 0U;
    new_sequence_ = false;
    begun_ = true;
    step_ = e;
    open_ = true;
    weighed_ = noted_ = false;
    experts_.clear();
    masses_.clear();
    recorded_.clear();
    std::fill(filled_.begin(), filled_.end(), std::uint8_t{});
  }
  [[nodiscard]] result<void> take(const layer_event& e) {
    const std::uint32_t k = reader_.header().shape->top_k(e.layer);
    if (e.routes.empty()) return wrong("this event names its experts without saying which token wanted which, so the journal is no routing trace");
    if (e.routes.size() != std::size_t{e.tokens} * k) return wrong("this event has not top-k routes for each of its tokens");
    if (experts_.empty()) {
      const std::size_t ids = facts_.shape.row() * e.tokens;
      if (facts_.shape.row() > most_ids || e.tokens > most_ids / facts_.shape.row()) return wrong("this step has more than 2^24 routes");
      experts_.assign(ids, not_routed);
      masses_.assign(ids, gate_mass{});
      recorded_.assign(ids, recorded_nothing);
    }
    filled_[number(e.layer)] = 1;
    for (std::uint32_t t = 0; t < e.tokens; ++t)
      for (std::uint32_t i = 0; i < k; ++i) {
        const std::uint16_t id = static_cast<std::uint16_t>(number(e.routes[t * std::size_t{k} + i]));
        const auto row = std::span(experts_).subspan(place(t, e.layer), k);
        if (id != not_routed && std::find(row.begin(), row.begin() + i, id) != row.begin() + i) return wrong("this event routes a token to one expert twice");
        row[i] = id;
        if (!e.weights.empty()) masses_[place(t, e.layer) + i] = demand_collector::in_mass(e.weights[t * std::size_t{k} + i]);
      }
    weighed_ = weighed_ || !e.weights.empty();
    return {};
  }
  void note(const seen::found& f) {
    noted_ = true;
    for (std::uint32_t t = 0; t < step_.tokens; ++t)
      for (std::size_t at = place(t, f.expert.layer), end = at + facts_.shape.top_k; at < end; ++at)
        if (experts_[at] == number(f.expert.expert)) recorded_[at] = f.state == residency_state::resident ? recorded_resident : recorded_absent;
  }
  [[nodiscard]] std::size_t place(std::uint32_t token, layer_index layer) const noexcept {
    return facts_.shape.row() * token + std::size_t{number(layer)} * facts_.shape.top_k;
  }

  journal_reader<Source> reader_;
  trace_facts facts_;
  layer_event step_;                  // what is being collected; its spans are not looked at
  seen::acquire waiting_;
  bool open_event_ = false;           // `waiting_` is to be taken
  bool open_ = false;                 // a step is being collected
  bool complete_ = false;             // one has been
  bool weighed_ = false;
  bool noted_ = false;
  bool begun_ = false;
  bool new_sequence_ = false;         // begins with the next step
  std::uint32_t sequence_ = 0;
  std::uint32_t batches_ = 0;
  std::uint64_t token_ = 0;
  std::vector<std::uint16_t> experts_;
  std::vector<gate_mass> masses_;
  std::vector<std::uint8_t> recorded_;
  std::vector<std::uint8_t> filled_;  // by layer, in the step that is being collected
};
static_assert(trace_reader<journal_rows<memory_source>>);

}  // namespace moesaic::trace
