// SPDX-License-Identifier: MIT
#include "row.hpp"

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <moesaic/cache/extent_arena.hpp>
#include <moesaic/cache/uniform_arena.hpp>
#include <moesaic/concepts/witness.hpp>
#include <moesaic/speculation/catalogue.hpp>
#include <moesaic/trace/byte_sink.hpp>
#include <moesaic/trace/hub/open_trace.hpp>
#include <moesaic/trace/journal_reader.hpp>
#include <moesaic/trace/journal_timeline.hpp>

#include "command_line/rooms.hpp"

namespace moesaic::simulating {
namespace {

/// Room for residents: what `--capacity` means for moesaic-replay, in bytes of slots.
result<bytes> slots_for(const sim::capacity& amount, const model_shape& shape, bool per_layer, bool exact, std::span<const bytes> footprints) {
  if (amount.in_bytes()) {
    const auto one = amount.pools(shape, one_group{}, sim::unit::bytes);
    if (!one) return one.error();
    return bytes{one->front()};
  }
  bytes slots{}, all{}, largest{};
  std::uint32_t experts = 0;
  for (std::uint32_t l = 0; l < shape.layers(); ++l) {
    bytes slot{};
    const std::uint32_t here = shape.experts(static_cast<layer_index>(l));
    for (std::uint32_t e = 0; e < here; ++e) {
      const bytes charge = footprints[shape.space().flat(make_expert(l, e))];
      slot = std::max(slot, charge);
      all += charge;
    }
    slots += slot * std::max<std::uint64_t>(amount.of(here), 1);
    largest = std::max(largest, slot);
    experts += here;
  }
  if (per_layer) return slots;
  return exact ? bytes{amount.of(all.count)} : largest * std::max<std::uint64_t>(amount.of(experts), 1);
}

result<bytes> budget_for(const capacity_choice& capacity, const model_shape& shape, bool per_layer, bool exact, std::span<const bytes> footprints,
                         std::uint32_t frames) {
  const auto whole = plan(shape, footprints, {bytes::highest(), frames});
  if (!whole) return whole.error();
  if (const auto* budget = std::get_if<command_line::budget_text>(&capacity.amount)) {
    if (!budget->everything()) return budget->of(shape.total());
    return per_layer || exact ? whole->everything : whole->frame * (frames + shape.expert_count());
  }
  const auto slots = slots_for(std::get<sim::capacity>(capacity.amount), shape, per_layer, exact, footprints);
  if (!slots) return slots.error();
  return whole->frame * frames + *slots;
}

/// What each pool of the run held: the arena's own division.
result<pools> pools_of(const model_shape& shape, const command_line::chosen_groups& groups, bool exact, std::span<const bytes> footprints, bytes slots) {
  pools made{groups, exact, {}};
  if (exact) {
    made.room = {slots.count};
    return made;
  }
  const std::uint32_t count = groups.count(shape);
  std::vector<std::uint16_t> group_of(shape.space().size());
  for (std::uint32_t l = 0; l < shape.layers(); ++l)
    for (std::uint32_t e = 0; e < shape.experts(static_cast<layer_index>(l)); ++e)
      group_of[shape.space().flat(make_expert(l, e))] = static_cast<std::uint16_t>(groups.group_of(shape, make_expert(l, e)));
  uniform_arena rooms;
  if (const auto fine = rooms.prepare({footprints, group_of, count, slots}); !fine) return fine.error();
  for (std::uint32_t g = 0; g < count; ++g) made.room.push_back(rooms.holds(g));
  return made;
}

result<model_shape> shape_of(const trace::trace_facts& facts, const hardware& on, const options& asked, row& r) {
  const auto& [layers, experts, top_k] = facts.shape;
  const bool sized = !facts.expert_bytes.empty() && !asked.expert_bytes;
  r.expert_bytes_from = sized ? "trace" : asked.expert_bytes ? "option" : "hardware";
  auto shape = model_shape::uniform(layers, experts, top_k, asked.expert_bytes.value_or(on.expert_bytes));
  if (!shape || !sized) return shape;
  for (std::uint32_t l = 0; l < layers; ++l)
    for (std::uint32_t e = 0; e < experts; ++e) {
      const bytes size = facts.bytes_of(l, e);
      if (size.count != 0) shape->resize(make_expert(l, e), size);
    }
  return shape;
}

/// What each expert takes in memory, padding included: as the decoder that wrote the journal laid them out, else the sizes rounded up.
result<std::vector<bytes>> footprints_for(const std::string& path, std::string_view format, const model_shape& shape, const options& asked) {
  if (format != "moesaic journal" || asked.expert_bytes) return footprint_of(shape, asked.alignment);
  auto from = trace::open_bytes(path);
  if (!from) return from.error();
  const auto journal = trace::journal_reader<trace::file_bytes>::open(*std::move(from));
  if (!journal) return journal.error();
  return journal->header().footprint;
}

bool routes_anybody(const sim::routing_tape& tape) {
  for (std::uint32_t t = 0; t < tape.tokens(); ++t)
    for (std::uint32_t l = 0; l < tape.shape().layers; ++l)
      for (const expert_index e : tape.routes(t, static_cast<layer_index>(l)))
        if (number(e) < tape.shape().experts) return true;
  return false;
}

using timeline = trace::journal_timeline<trace::file_sink>;

/// Counts what every layer missed, and draws the run where that is asked for. What it points to lives longer than the run.
struct run_watch {
  timeline* drawn = nullptr;
  layer_counts* layers = nullptr;

  void note(const seen::made& made) {
    if (drawn != nullptr) drawn->note(made);
  }
  template <class Seen>
  void note(const Seen& what) noexcept {
    if constexpr (std::is_same_v<Seen, seen::found>)
      if (layers != nullptr) {
        ++layers->accesses[number(what.expert.layer)];
        if (what.state == residency_state::absent) ++layers->misses[number(what.expert.layer)];
      }
    if (drawn != nullptr) drawn->note(what);
  }
};
static_assert(explain_witness<run_watch>());

/// The policies of a run that is watched.
struct watched_policies : command_line::chosen_policies {
  run_watch witness;
};
static_assert(explain_policy_bundle<watched_policies>());

struct setting {
  const sim::routing_tape& tape;
  const model_shape& shape;
  const hardware& on;
  const options& asked;
  const command_line::policy_names& names;
  const sim::simulation_options& how;
  bool exact;
};

result<sim::simulated_run> run_once(const setting& in, std::uint32_t tokens, sim::event_log* log, run_watch watched, std::string_view what,
                                    command_line::progress& shown) {
  auto chosen = command_line::make_policies(in.names, in.asked.libraries);
  if (!chosen) return chosen.error();
  watched_policies policies{*std::move(chosen), watched};
  const auto watch = [&](std::uint32_t token) {
    if ((token & 0xFFU) == 0) shown.update(what, token, tokens);
    return token < tokens;
  };
  if (in.exact) return sim::simulate<extent_arena>(in.shape, in.tape, in.on.machine, std::move(policies), in.how, watch, log);
  return sim::simulate<uniform_arena>(in.shape, in.tape, in.on.machine, std::move(policies), in.how, watch, log);
}

nanoseconds per_million(const sim::simulated_run& run) {
  const std::int64_t tokens = std::max<std::int64_t>(run.in_passes.tokens + run.one_by_one.tokens, 1);
  return {(run.in_passes.took + run.one_by_one.took).count / tokens};
}

/// The draft length that a governor always has; nothing where it chooses.
std::optional<std::uint32_t> length_of(const std::string& governor) {
  const auto made = speculation::make(governor);
  const auto* const fixed = made ? std::get_if<speculation::fixed>(&made->chosen()) : nullptr;
  if (fixed == nullptr) return std::nullopt;
  return fixed->length.count;
}

}  // namespace

result<row> run_row(const sim::routing_tape& tape, const model_shape& shape, const std::vector<bytes>& footprints, const hardware& on,
                    const std::string& system, const capacity_choice& capacity, const options& asked, command_line::progress& shown) {
  auto names = command_line::choose_policies(system, asked.parts);
  if (!names) return names.error();
  if (asked.draft_length) names->speculation = "fixed(" + std::to_string(*asked.draft_length) + ")";
  if ((asked.fastest_draft || length_of(names->speculation) != 0) && !on.machine.draft)
    return error(error_code::bad_argument, on.path,
                 ": draft: is null, so nobody knows what drafting costs; fill it in, or draft nothing with --draft-length 0");
  const command_line::chosen_groups groups{names->scope == "layer"};
  const bool exact = command_line::wants_exact_rooms(groups.per_layer, footprints);
  const auto budget = budget_for(capacity, shape, groups.per_layer, exact, footprints, asked.frames);
  if (!budget) return budget.error();
  sim::simulation_options how{.budget = {*budget, asked.frames}, .footprint = footprints, .drafter = asked.drafter, .gates = asked.gates, .seed = asked.seed};
  const auto predictor = spec::parse(names->prediction);
  if (predictor && predictor->name() == "cross_model")
    how.drafter.from = provenance::target_gate_on_draft_hidden;  // the drafter that this predictor is made for
  if (predictor && predictor->name() == "next_gate")
    if (const auto layers = predictor->number("horizon", prediction::next_gate{}.horizon, 1, 65'535); layers)
      how.gates.reach = static_cast<std::uint32_t>(*layers);
  const setting in{tape, shape, on, asked, *names, how, exact};
  const std::uint32_t tokens = std::min(asked.tokens.value_or(tape.tokens()), tape.tokens());

  if (asked.fastest_draft) {  // profiled, as systems with a fixed length choose it: the fastest on the first tokens
    constexpr std::uint32_t sample = 2'048;
    std::optional<nanoseconds> best;
    std::uint32_t length = 0;
    for (const std::uint32_t candidate : {0U, 1U, 2U, 3U, 4U, 6U, 8U}) {
      names->speculation = "fixed(" + std::to_string(candidate) + ")";
      const auto tried = run_once(in, std::min(tokens, sample), nullptr, {}, "trying draft lengths", shown);
      if (!tried) return tried.error();
      if (best && !(per_million(*tried) < *best)) continue;
      best = per_million(*tried);
      length = candidate;
    }
    names->speculation = "fixed(" + std::to_string(length) + ")";
  }

  row r;
  sim::event_log events;
  std::optional<timeline> drawn;
  if (!asked.timeline.empty()) {
    auto file = trace::file_sink::open(asked.timeline);
    if (!file) return file.error();
    std::string way;  // one link to the residency, however many it is made of
    for (const std::string& link : on.link_names) way += (way.empty() ? "" : " to ") + link;
    drawn.emplace(*std::move(file), trace::journal::subject{system + " on " + on.name, {{"eviction", names->eviction}, {"link", way}}});
  }
  r.layers.accesses.resize(shape.layers());
  r.layers.misses.resize(shape.layers());
  auto run = run_once(in, tokens, &events, {drawn ? &*drawn : nullptr, &r.layers}, system + " at " + capacity.text, shown);
  if (!run) return run.error();
  if (drawn)
    if (const result<void> written = drawn->finish(); !written) return written.error();
  const auto room = pools_of(shape, groups, exact, footprints, run->planned.slots);
  if (!room) return room.error();
  r.at_best = missed_at_best(shape, *room, events);
  r.hardware = on.name;
  r.system = system;
  r.policies = *names;
  r.capacity = capacity.text;
  r.shape = tape.shape();
  r.expert_bytes = shape.largest();
  r.budget = *budget;
  r.all_experts = shape.total();
  r.draft_length = length_of(names->speculation);
  if (how.gates.reach != 0) r.gate_recall = how.gates.recall;
  r.run = *std::move(run);
  r.link_names = on.link_names;
  r.rate = on.machine.rate();
  return r;
}

result<std::vector<row>> run_rows(const std::string& path, const hardware& on, const options& asked, command_line::progress& shown) {
  auto reader = trace::open_trace(path, {.weights = true});
  if (!reader) return reader.error();
  row from;
  const auto shape = shape_of(reader->facts(), on, asked, from);
  if (!shape) return error(error_code::bad_file, path, ": ", shape.error().sentence());
  const std::uint64_t expected = reader->facts().tokens.value_or(0);
  const auto tape = sim::routing_tape::read(*reader, [&](std::uint32_t tokens) { shown.update("reading " + path, tokens, expected); });
  if (!tape) return tape.error().code() == error_code::bad_argument ? error(error_code::bad_file, path, ": ", tape.error().sentence()) : tape.error();
  if (reader->interrupted()) shown.remark(path + ": breaks off before its end, as a run that was stopped leaves it; what follows is of what is there");
  if (!routes_anybody(*tape)) return error(error_code::bad_file, path, ": holds no routed token, so there is nothing to simulate");
  const auto footprints = footprints_for(path, reader->facts().format, *shape, asked);
  if (!footprints) return footprints.error();
  std::vector<row> rows;
  for (const std::string& system : asked.systems)
    for (const capacity_choice& capacity : asked.capacities) {
      auto one = run_row(*tape, *shape, *footprints, on, system, capacity, asked, shown);
      if (!one) return one.error();
      one->trace = path;
      one->expert_bytes_from = from.expert_bytes_from;
      rows.push_back(*std::move(one));
    }
  shown.done();
  return rows;
}

}  // namespace moesaic::simulating
