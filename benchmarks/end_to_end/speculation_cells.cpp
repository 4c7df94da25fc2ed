// SPDX-License-Identifier: MIT
// Real decoding in simulated time. The model, the drafter, the policies, the governor and the loop are those of moesaic-decode, every
// expert's bytes are copied and every token is computed; only the clock is on paper. Reading takes what a link of a given rate takes,
// computing what a table says, so a run is the same on every machine, and no neighbour disturbs it.
//
//     speculation_cells < REQUESTS
//
// One JSON object a line in, one a line out, in the same order:
//   model, draft, prompt, tokens    as in moesaic-decode; the prompt is a list of ids
//   system, governor, parts         as there; parts is an object of slot and SPEC, governor may be left out
//   budget                          bytes; 0: all of them
//   rate, overhead_ns               of the link
//   pass, layer, expert, draft_ns   [ns with one row, ns for each further row] of a forward pass, of each MoE layer without its
//                                   experts, of an expert; ns of a drafted token
// An expert computed in place is read through the link first, as a model file's experts are.
// speculation.py asks and draws the tables.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <moesaic/cache/uniform_arena.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/sim/time_table.hpp>
#include <moesaic/speculation/greedy.hpp>
#include <moesaic/transport/borrowed.hpp>
#include <moesaic/transport/simulated.hpp>

#include "command_line/json_text.hpp"
#include "command_line/policy_choice.hpp"
#include "drafters/make_drafter.hpp"
#include "program/mapped_files.hpp"

using namespace moesaic;
using nlohmann::json;

namespace {

/// Writes an expert's parts one behind the other, from the mapped file.
struct file_content {
  const decoder::ggml_model* model;
  const std::vector<const std::byte*>* files;
  void operator()(const transfer& what) const noexcept {
    if (what.to == nullptr) return;
    std::byte* to = what.to;
    for (const decoder::file_range& part : model->parts(what.expert)) {
      std::memcpy(to, (*files)[part.file] + part.offset, part.bytes);
      to += part.bytes;
    }
  }
};
using paper_link = transports::simulated<file_content>;

struct costs {
  sim::time_table pass, layer, expert;
  nanoseconds draft{};
};

/// The real model; each call takes its time on the link's clock.
class timed_model {
 public:
  timed_model(decoder::ggml_model& inner, const costs& takes, paper_link& clock)
      : inner_(&inner), takes_(&takes), clock_(&clock), rows_of_(inner.shape().widest_layer()) {}

  [[nodiscard]] const model_shape& shape() const noexcept { return inner_->shape(); }
  result<void> begin(const token_window& window) {
    rows_ = static_cast<std::uint32_t>(window.tokens.size());
    clock_->advance(takes_->pass(rows_));
    return inner_->begin(window);
  }
  result<routed_layer> route(layer_index layer) {
    clock_->advance(takes_->layer(rows_));
    auto routed = inner_->route(layer);
    std::fill(rows_of_.begin(), rows_of_.end(), 0U);
    if (routed)
      for (const expert_index e : routed->routes)
        if (number(e) < rows_of_.size()) ++rows_of_[number(e)];
    return routed;
  }
  std::span<const hint> look_ahead(layer_index layer) { return inner_->look_ahead(layer); }
  result<void> run(const seat& where) {
    if (where.at == residence::host) clock_->charge(shape().size_of(where.expert));
    clock_->advance(takes_->expert(rows_of_[number(where.expert.expert)]));
    return inner_->run(where);
  }
  result<void> combine(layer_index layer) { return inner_->combine(layer); }
  result<logits_view> finish() { return inner_->finish(); }
  void keep(position p) noexcept { inner_->keep(p); }

 private:
  decoder::ggml_model* inner_;
  const costs* takes_;
  paper_link* clock_;
  std::vector<std::uint32_t> rows_of_;
  std::uint32_t rows_ = 0;
};

/// The real drafter; a token takes its time on the link's clock.
class timed_drafter {
 public:
  timed_drafter(decoder::chosen_drafter inner, nanoseconds takes, paper_link& clock) : inner_(std::move(inner)), takes_(takes), clock_(&clock) {}
  result<void> committed(std::span<const token_id> tokens) { return inner_.committed(tokens); }
  result<std::optional<drafted_token>> next() {
    auto token = inner_.next();
    if (token && *token) clock_->advance(takes_);
    return token;
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return inner_.hints(); }

 private:
  decoder::chosen_drafter inner_;
  nanoseconds takes_;
  paper_link* clock_;
};

/// What stays from one request to the next: a model is read once.
struct loaded {
  std::string path;
  std::optional<decoder::ggml_model> model;
  std::optional<decoder::mapped_files> mapped;
  std::vector<const std::byte*> files;

  result<void> open(const std::string& wanted) {
    if (model && wanted == path) return {};
    model.reset();
    auto file = decoder::gguf_file::open(wanted);
    if (!file) return file.error();
    decoder::model_options how;
    how.longest_window = 128;
    auto read = decoder::ggml_model::load(*file, how);
    if (!read) return read.error();
    if (read->moe_layers() == 0) return error(error_code::bad_argument, wanted, ": has no routed experts");
    model.emplace(*std::move(read));
    auto opened = decoder::mapped_files::open(model->files());
    if (!opened) return opened.error();
    mapped.emplace(*std::move(opened));
    files = mapped->starts();
    model->map_files(files);
    path = wanted;
    return {};
  }
};

sim::time_table table(const json& from) {
  const std::int64_t one = from.at(0), more = from.at(1);
  auto made = sim::time_table::of({{1, {one}}, {1'001, {one + 1'000 * more}}});
  if (!made) throw std::invalid_argument(std::string(made.error().sentence()));
  return *made;
}

result<command_line::policy_names> policies_of(const json& asked) {
  command_line::named_parts parts;
  const json given = asked.value("parts", json::object());
  const auto take = [&](const char* slot, std::optional<std::string>& into) {
    if (given.contains(slot)) into = given.at(slot).get<std::string>();
  };
  take("eviction", parts.eviction);
  take("admission", parts.admission);
  take("scope", parts.scope);
  take("scoring", parts.scoring);
  take("prediction", parts.prediction);
  take("prefetch", parts.prefetch);
  take("placement", parts.placement);
  auto names = command_line::choose_policies(asked.at("system").get<std::string>(), parts);
  if (names && asked.contains("governor")) names->speculation = asked.at("governor").get<std::string>();
  return names;
}

result<json> run(const json& asked, loaded& here) {
  if (auto fine = here.open(asked.at("model")); !fine) return fine.error();
  decoder::ggml_model& model = *here.model;
  const auto prompt = asked.at("prompt").get<std::vector<token_id>>();
  const auto tokens = asked.at("tokens").get<std::uint32_t>();
  if (prompt.size() + tokens > model.context())
    return error(error_code::context_full, "a prompt of ", prompt.size(), " ids and ", tokens, " tokens do not fit a context of ", model.context());
  const auto names = policies_of(asked);
  if (!names) return names.error();
  auto policies = command_line::make_policies(*names);
  if (!policies) return policies.error();
  const auto foretells = spec::parse(names->prediction);
  const auto layers = foretells && foretells->name() == "next_gate" ? foretells->number("horizon", prediction::next_gate{}.horizon, 1, 65'535) : 0;
  model.preview(layers ? static_cast<std::uint32_t>(*layers) : 0);

  const auto wanted = decoder::draft_request::parse(asked.value("draft", "none"));
  if (!wanted) return wanted.error();
  auto draft = decoder::make_drafter(*wanted, {.target = model, .target_path = here.path, .prompt = prompt.size()});
  if (!draft) return draft.error();
  const bytes draft_bytes = draft->size();

  const costs takes{table(asked.at("pass")), table(asked.at("layer")), table(asked.at("expert")), {asked.value("draft_ns", std::int64_t{0})}};
  paper_link link({.capacity = 16, .overhead = {asked.value("overhead_ns", std::int64_t{0})}, .rate = {asked.at("rate").get<double>()}, .demand_first = true},
                  {&model, &here.files});
  runtime_options how;
  how.prefill_chunk = model.longest_window();
  how.residency.host_possible = true;
  const auto budget = asked.at("budget").get<std::uint64_t>();
  const model_shape& shape = model.shape();
  how.residency.budget.total = budget != 0 ? bytes{budget} : shape.total() + shape.largest() * std::uint64_t{2 * how.residency.budget.frames};
  constexpr std::size_t line = 64;
  std::vector<std::byte> memory(how.residency.budget.total.count + line);
  void* start = memory.data();
  std::size_t room = memory.size();
  how.residency.memory = {static_cast<std::byte*>(std::align(line, room - line, start, room)), how.residency.budget.total.count};

  const bytes total = how.residency.budget.total;
  using loop = offload_runtime<timed_model, transports::borrowed<paper_link>, command_line::chosen_policies, timed_drafter>;
  auto made = loop::create(timed_model(model, takes, link), transports::borrowed<paper_link>(link), *std::move(policies), std::move(how),
                           timed_drafter(*std::move(draft), takes.draft, link));
  if (!made) return made.error();
  const auto first = made->prefill(prompt);
  if (!first) return model.keep({}), first.error();
  std::vector<token_id> ids{*first};
  const counters prefill = made->cache().count();
  const nanoseconds began = link.now();
  counters in_windows;  // of the passes that verified a draft
  std::uint64_t windows = 0, drafted = 0, verified = 0, accepted = 0;
  nanoseconds drafting{};
  while (ids.size() < tokens) {
    const counters before = made->cache().count();
    const auto step = made->step(tokens - static_cast<std::uint32_t>(ids.size()));
    if (!step) return model.keep({}), step.error();
    ids.insert(ids.end(), step->tokens.begin(), step->tokens.end());
    drafted += step->outcome.drafted.count;
    verified += step->outcome.verified.count;
    accepted += step->outcome.accepted.count;
    drafting += step->outcome.drafting;
    if (step->outcome.verified.count == 0) continue;
    ++windows;
    in_windows = in_windows.plus(made->cache().count().since(before));
  }
  const nanoseconds took = link.now() - began;
  const counters spent = made->cache().count().since(prefill);
  model.keep({});
  return json{{"ids", ids},
              {"decode_s", command_line::seconds(took)},
              {"decoded", ids.size() - 1},
              {"counters", json(command_line::as_object(spent))},
              {"verify_accesses", in_windows.accesses},
              {"verify_hits", in_windows.hits},
              {"speculation",
               {{"windows", windows}, {"drafted", drafted}, {"verified", verified}, {"accepted", accepted}, {"drafting_s", command_line::seconds(drafting)}}},
              {"budget", total.count},
              {"floor", made->cache().planned().floor.count},
              {"peak", made->cache().peak().total.count},
              {"expert_bytes_total", shape.total().count},
              {"draft_bytes", draft_bytes.count},
              {"policies", json(command_line::as_object(*names))}};
}

}  // namespace

int main() {
  loaded here;
  std::string line;
  for (unsigned number = 1; std::getline(std::cin, line); ++number) {
    try {
      const auto done = run(json::parse(line), here);
      if (!done) {
        std::fprintf(stderr, "speculation_cells: request %u: %s\n", number, std::string(done.error().sentence()).c_str());
        return 1;
      }
      std::printf("%s\n", done->dump().c_str());
      std::fflush(stdout);
    } catch (const std::exception& why) {
      std::fprintf(stderr, "speculation_cells: request %u is not what is asked for: %s\n", number, why.what());
      return 2;
    }
  }
  return 0;
}
