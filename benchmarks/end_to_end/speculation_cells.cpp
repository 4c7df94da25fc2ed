// SPDX-License-Identifier: MIT
// Real decoding in simulated time. The model, the drafter, the policies, the governor and the loop are those of moesaic-decode; only the
// clock is on paper. Reading takes what a link of a given rate takes, computing what a table says, so a run is the same on every
// machine, and no neighbour disturbs it. What the model and the drafter say behind a text is computed once and remembered: the engine
// answers bitwise the same however a text is cut into windows, so a map of many runs over the same texts costs little more than one.
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
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
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
#include "requests.hpp"

using namespace moesaic;
using nlohmann::json;

namespace {

using paper_link = transports::simulated<>;

struct costs {
  sim::time_table pass, layer, expert;
  nanoseconds draft{};
};

/// A text, as a number.
using text_mark = std::uint64_t;
constexpr text_mark no_text = 0x9e3779b97f4a7c15ULL;
constexpr text_mark with(text_mark before, token_id next) noexcept {
  text_mark x = (before ^ (static_cast<text_mark>(static_cast<std::uint32_t>(next)) + 1)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 29U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 32U);
}

/// What the model says of a token behind a text: its experts in every layer, and the likeliest next one.
struct known_row {
  std::vector<expert_index> routes;
  std::vector<float> weights;
  token_id next = 0;
};
/// What a drafter proposed behind a committed text and its own proposals, and what that told.
struct known_draft {
  struct told {
    hint what;
    std::vector<expert_index> experts;
    std::vector<float> weights;
  };
  std::optional<drafted_token> token;
  std::vector<told> hints;
};

/// What stays from one request to the next: a model is read once, and what was computed with it is remembered.
struct loaded {
  std::string path;
  std::optional<decoder::ggml_model> model;
  std::optional<decoder::mapped_files> mapped;
  std::vector<token_id> cached;  ///< the text that the key-value cache holds
  std::unordered_map<text_mark, known_row> rows;
  std::map<std::string, std::unordered_map<text_mark, std::vector<known_draft>>> drafts;
  std::map<std::string, bytes> weights;  ///< of each drafter

  result<void> open(const std::string& wanted) {
    if (model && wanted == path) return {};
    *this = {};
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
    model->map_files(mapped->starts());
    path = wanted;
    return {};
  }

  /// Runs what lies between the cache's text and `text`, experts in place.
  result<void> catch_up(std::span<const token_id> text) {
    std::size_t same = 0;
    while (same < cached.size() && same < text.size() && cached[same] == text[same]) ++same;
    forget(same);
    while (cached.size() < text.size()) {
      const auto part = text.subspan(cached.size(), std::min<std::size_t>(text.size() - cached.size(), model->longest_window()));
      if (auto begun = model->begin({part, {static_cast<std::uint32_t>(cached.size())}, phase::prefill, rows_wanted::none}); !begun) return begun;
      for (std::uint32_t l = 0; l < model->moe_layers(); ++l) {
        const auto layer = static_cast<layer_index>(l);
        const auto routed = model->route(layer);
        if (!routed) return routed.error();
        if (auto ran = run_distinct(layer, routed->routes); !ran) return ran;
        if (auto combined = model->combine(layer); !combined) return combined;
      }
      if (const auto done = model->finish(); !done) return done.error();
      cached.insert(cached.end(), part.begin(), part.end());
    }
    return {};
  }
  result<void> run_distinct(layer_index layer, std::span<const expert_index> routes) {
    std::vector<expert_index> wanted(routes.begin(), routes.end());
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    for (const expert_index e : wanted)
      if (auto ran = model->run({.expert = make_expert(number(layer), number(e)), .at = residence::host}); !ran) return ran;
    return {};
  }
  void forget(std::size_t from) {
    cached.resize(std::min(cached.size(), from));
    model->keep({static_cast<std::uint32_t>(cached.size())});
  }
};

/// The model as the loop sees it. Computes windows of which a row is not known yet, or all where later gates are asked; takes the
/// time of a computation for each on the link's clock.
class timed_model {
 public:
  timed_model(loaded& here, const costs& takes, paper_link& clock, std::uint32_t reach)
      : here_(&here), takes_(&takes), clock_(&clock), rows_of_(here.model->shape().widest_layer()), reach_(reach) {}

  [[nodiscard]] const model_shape& shape() const noexcept { return here_->model->shape(); }
  result<void> begin(const token_window& window) {
    text_.resize(window.first.count);
    marks_.resize(window.first.count);
    first_ = window.first.count;
    wanted_ = window.rows;
    computes_ = reach_ > 0;
    for (const token_id token : window.tokens) {
      marks_.push_back(with(marks_.empty() ? no_text : marks_.back(), token));
      text_.push_back(token);
      computes_ = computes_ || !here_->rows.contains(marks_.back());
    }
    clock_->advance(takes_->pass(rows()));
    if (!computes_) return {};
    if (auto ready = here_->catch_up(std::span(text_).first(first_)); !ready) return ready;
    fresh_.assign(rows(), {});
    return here_->model->begin({window.tokens, window.first, window.during, rows_wanted::all});
  }
  result<routed_layer> route(layer_index layer) {
    clock_->advance(takes_->layer(rows()));
    routes_.clear();
    weights_.clear();
    const std::size_t k = shape().top_k(layer);
    if (computes_) {
      const auto routed = here_->model->route(layer);
      if (!routed) return routed;
      for (std::size_t i = 0; i < rows(); ++i) {
        const auto experts = routed->routes.subspan(i * k, k);
        const auto weights = routed->weights.subspan(i * k, k);
        fresh_[i].routes.insert(fresh_[i].routes.end(), experts.begin(), experts.end());
        fresh_[i].weights.insert(fresh_[i].weights.end(), weights.begin(), weights.end());
      }
    }
    for (std::size_t i = 0; i < rows(); ++i) {
      const known_row& row = computes_ ? fresh_[i] : here_->rows.at(marks_[first_ + i]);
      const auto at = static_cast<std::ptrdiff_t>(k * number(layer)), end = at + static_cast<std::ptrdiff_t>(k);
      routes_.insert(routes_.end(), row.routes.begin() + at, row.routes.begin() + end);
      weights_.insert(weights_.end(), row.weights.begin() + at, row.weights.begin() + end);
    }
    std::fill(rows_of_.begin(), rows_of_.end(), 0U);
    for (const expert_index e : routes_) ++rows_of_[number(e)];
    return routed_layer{routes_, weights_};
  }
  std::span<const hint> look_ahead(layer_index layer) { return reach_ > 0 ? here_->model->look_ahead(layer) : std::span<const hint>(); }
  /// Takes an expert's time; `combine` computes them all, after later gates have been asked.
  result<void> run(const seat& where) {
    if (where.at == residence::host) clock_->charge(shape().size_of(where.expert));
    clock_->advance(takes_->expert(rows_of_[number(where.expert.expert)]));
    return {};
  }
  result<void> combine(layer_index layer) {
    if (!computes_) return {};
    if (auto ran = here_->run_distinct(layer, routes_); !ran) return ran;
    return here_->model->combine(layer);
  }
  result<logits_view> finish() {
    if (computes_) {
      const auto logits = here_->model->finish();
      if (!logits) return logits;
      for (std::size_t i = 0; i < rows(); ++i) {
        fresh_[i].next = speculation::greedy{}.choose(logits->row(static_cast<std::uint32_t>(i)));
        here_->rows.insert_or_assign(marks_[first_ + i], std::move(fresh_[i]));
      }
      here_->cached = text_;
    }
    // Whoever is greedy sees the same in a row with one peak.
    const std::uint32_t vocabulary = here_->model->vocabulary();
    const std::size_t from = wanted_ == rows_wanted::all ? 0 : wanted_ == rows_wanted::last ? rows() - 1 : rows();
    logits_.assign((rows() - from) * vocabulary, 0);
    for (std::size_t i = from; i < rows(); ++i) logits_[(i - from) * vocabulary + static_cast<std::size_t>(here_->rows.at(marks_[first_ + i]).next)] = 1;
    return logits_view{logits_, vocabulary};
  }
  void keep(position p) noexcept {
    text_.resize(std::min<std::size_t>(text_.size(), p.count));
    marks_.resize(text_.size());
  }

 private:
  [[nodiscard]] std::uint32_t rows() const noexcept { return static_cast<std::uint32_t>(text_.size() - first_); }

  loaded* here_;
  const costs* takes_;
  paper_link* clock_;
  std::vector<std::uint32_t> rows_of_;
  std::uint32_t reach_;
  std::vector<token_id> text_;
  std::vector<text_mark> marks_;  ///< of the text up to and with each token
  std::size_t first_ = 0;
  rows_wanted wanted_ = rows_wanted::last;
  bool computes_ = false;
  std::vector<known_row> fresh_;
  std::vector<expert_index> routes_;
  std::vector<float> weights_;
  std::vector<float> logits_;
};

/// The drafter as the loop sees it; each token takes its time. A drafter that is a model is asked only where it has not been asked
/// before; the others cost nothing, and may remember how they fared.
class timed_drafter {
 public:
  timed_drafter(loaded& here, decoder::draft_request what, const std::string& name, std::size_t prompt, nanoseconds takes, paper_link& clock)
      : here_(&here),
        what_(std::move(what)),
        is_model_(std::holds_alternative<decoder::draft_request::self>(what_.what) || std::holds_alternative<decoder::draft_request::model_file>(what_.what)),
        known_(&here.drafts[name]),
        prompt_(prompt),
        takes_(takes),
        clock_(&clock) {}

  result<void> committed(std::span<const token_id> tokens) {
    if (!is_model_) {
      if (auto there = make(); !there) return there;
      return inner_->committed(tokens);
    }
    text_.insert(text_.end(), tokens.begin(), tokens.end());
    for (const token_id token : tokens) mark_ = with(mark_, token);
    proposed_ = 0;
    told_.clear();
    return {};
  }
  result<std::optional<drafted_token>> next() {
    if (!is_model_) return inner_->next();
    told_.clear();
    std::vector<known_draft>& here = (*known_)[mark_];
    while (here.size() <= proposed_)
      if (auto asked = ask(here); !asked) return asked.error();
    const known_draft& said = here[proposed_];
    if (!said.token) return said.token;
    ++proposed_;
    for (const known_draft::told& t : said.hints) {
      told_.push_back(t.what);
      told_.back().experts = t.experts;
      told_.back().weights = t.weights;
      told_.back().hidden = {};
    }
    clock_->advance(takes_);
    return said.token;
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return told_; }

 private:
  result<void> make() {
    if (inner_) return {};
    auto made = decoder::make_drafter(what_, {.target = *here_->model, .target_path = here_->path, .prompt = prompt_});
    if (!made) return made.error();
    inner_.emplace(*std::move(made));
    return {};
  }
  /// Brings the drafter to where the sequence stands, and asks it for one more than `known`.
  result<void> ask(std::vector<known_draft>& known) {
    if (auto there = make(); !there) return there;
    if (heard_ < text_.size() || asked_ != known.size()) {
      // A twin reads the target's keys and values, and writes its own behind them.
      if (auto ready = here_->catch_up(std::span(text_).first(text_.size() - 1)); !ready) return ready;
      if (auto told = inner_->committed(std::span(text_).subspan(heard_)); !told) return told;
      heard_ = text_.size();
      known.clear();
      asked_ = 0;
    }
    const auto token = inner_->next();
    if (!token) return token.error();
    here_->cached.resize(std::min(here_->cached.size(), text_.size() - 1));
    known_draft& said = known.emplace_back();
    said.token = *token;
    for (const hint& h : inner_->hints()) said.hints.push_back({h, {h.experts.begin(), h.experts.end()}, {h.weights.begin(), h.weights.end()}});
    ++asked_;
    return {};
  }

  loaded* here_;
  decoder::draft_request what_;
  bool is_model_;
  std::unordered_map<text_mark, std::vector<known_draft>>* known_;
  std::size_t prompt_;
  nanoseconds takes_;
  paper_link* clock_;
  std::optional<decoder::chosen_drafter> inner_;
  std::vector<token_id> text_;
  text_mark mark_ = no_text;
  std::size_t heard_ = 0, asked_ = 0, proposed_ = 0;
  std::vector<hint> told_;
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
  const std::uint32_t reach = layers ? static_cast<std::uint32_t>(*layers) : 0;
  model.preview(reach);

  const auto wanted = decoder::draft_request::parse(asked.value("draft", "none"));
  if (!wanted) return wanted.error();
  const std::string name = asked.value("draft", "none");
  if (!here.weights.contains(name)) {
    const auto once = decoder::make_drafter(*wanted, {.target = model, .target_path = here.path, .prompt = prompt.size()});
    if (!once) return once.error();
    here.weights[name] = once->size();
  }

  const costs takes{table(asked.at("pass")), table(asked.at("layer")), table(asked.at("expert")), {asked.value("draft_ns", std::int64_t{0})}};
  paper_link link({.capacity = 16, .overhead = {asked.value("overhead_ns", std::int64_t{0})}, .rate = {asked.at("rate").get<double>()}, .demand_first = true});
  runtime_options how;
  how.prefill_chunk = model.longest_window();
  how.residency.host_possible = true;
  const auto budget = asked.at("budget").get<std::uint64_t>();
  const model_shape& shape = model.shape();
  how.residency.budget.total = budget != 0 ? bytes{budget} : shape.total() + shape.largest() * std::uint64_t{2 * how.residency.budget.frames};
  const bytes total = how.residency.budget.total;
  using loop = offload_runtime<timed_model, transports::borrowed<paper_link>, command_line::chosen_policies, timed_drafter>;
  auto made = loop::create(timed_model(here, takes, link, reach), transports::borrowed<paper_link>(link), *std::move(policies), std::move(how),
                           timed_drafter(here, *wanted, name, prompt.size(), takes.draft, link));
  if (!made) return made.error();
  const auto first = made->prefill(prompt);
  if (!first) return first.error();
  std::vector<token_id> ids{*first};
  const counters prefill = made->cache().count();
  const nanoseconds began = link.now();
  counters in_windows;  // of the passes that verified a draft
  std::uint64_t windows = 0, drafted = 0, verified = 0, accepted = 0;
  nanoseconds drafting{};
  while (ids.size() < tokens) {
    const counters before = made->cache().count();
    const auto step = made->step(tokens - static_cast<std::uint32_t>(ids.size()));
    if (!step) return step.error();
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
              {"draft_bytes", here.weights[name].count},
              {"policies", json(command_line::as_object(*names))}};
}

}  // namespace

int main() {
  loaded here;
  return moesaic::benchmarks::answer_requests("speculation_cells", [&](const json& asked) { return run(asked, here); });
}
