// SPDX-License-Identifier: MIT
// Many real decodings of one model in one process, for speculation_lossless.py. Model, drafters, policies, governors, loop and slots
// are those of moesaic-decode. Experts are copied from the mapped file, and the link reports them late and in other orders, so that
// every way to run a window is taken sooner or later. Between two runs the slots' memory is filled with bytes that are no numbers:
// who computes with what it was not given says something else.
//
//     lossless_runs < REQUESTS
//
// One JSON object a line in, one a line out, in the same order:
//   model, system, length, budget, tokens   as in moesaic-decode; length is the longest draft, budget also "floor"
//   runs                                    list of {prompt, draft}: ids, and a drafter as there
//   credulous                               true: whatever is drafted is taken. Somebody has to notice.
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <moesaic/cache/extent_arena.hpp>
#include <moesaic/cache/uniform_arena.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/speculation/greedy.hpp>
#include <moesaic/transport/file/slab.hpp>
#include <moesaic/transport/reordering.hpp>

#include "command_line/policy_choice.hpp"
#include "command_line/rooms.hpp"
#include "drafters/make_drafter.hpp"
#include "program/expert_link.hpp"
#include "program/speculation_choice.hpp"
#include "requests.hpp"

using namespace moesaic;
using nlohmann::json;

namespace {

/// The one model of this process, as each run's loop sees it.
class shared_model {
 public:
  explicit shared_model(decoder::ggml_model& model) : model_(&model) {}
  [[nodiscard]] const model_shape& shape() const noexcept { return model_->shape(); }
  result<void> begin(const token_window& window) { return model_->begin(window); }
  result<routed_layer> route(layer_index layer) { return model_->route(layer); }
  std::span<const hint> look_ahead(layer_index layer) { return model_->look_ahead(layer); }
  result<void> run(const seat& where) { return model_->run(where); }
  result<void> combine(layer_index layer) { return model_->combine(layer); }
  result<logits_view> finish() { return model_->finish(); }
  void keep(position p) noexcept { model_->keep(p); }

 private:
  decoder::ggml_model* model_;
};

struct taking {
  bool credulous = false;
  speculation::greedy rule{};
  bool accepts(std::span<const float> logits, const drafted_token& drafted) noexcept { return credulous || rule.accepts(logits, drafted); }
  token_id choose(std::span<const float> logits) noexcept { return rule.choose(logits); }
};

using link_type = transports::reordering<decoder::mapped_reader>;

struct loaded {
  std::string path;
  std::optional<decoder::ggml_model> model;
  std::shared_ptr<const decoder::mapped_files> mapped;
  std::optional<file::expert_layout> layout;
  file::slab memory;
  std::uint64_t runs = 0;

  result<void> open(const std::string& wanted) {
    if (model && wanted == path) return {};
    *this = {};
    auto file = decoder::gguf_file::open(wanted);
    if (!file) return file.error();
    auto read = decoder::ggml_model::load(*file, {});
    if (!read) return read.error();
    if (read->moe_layers() == 0) return error(error_code::bad_argument, wanted, ": has no routed experts");
    model.emplace(*std::move(read));
    auto opened = decoder::mapped_files::open(model->files());
    if (!opened) return opened.error();
    mapped = std::make_shared<const decoder::mapped_files>(*std::move(opened));
    model->map_files(mapped->starts());

    const model_shape& shape = model->shape();
    std::vector<file::part_in_file> parts;
    for (std::uint32_t flat = 0; flat < shape.space().size(); ++flat) {
      const expert_id e = shape.space().id(flat);
      std::uint32_t number = 0;
      if (!shape.contains(e)) continue;
      for (const decoder::file_range& part : model->parts(e)) parts.push_back({e, number++, part.file, part.offset, {part.bytes}});
    }
    auto laid_out = file::expert_layout::create(shape, parts, {1});
    if (!laid_out) return laid_out.error();
    layout.emplace(*std::move(laid_out));
    std::vector<decoder::ggml_model::part_offsets> offsets(shape.space().size());
    for (std::uint32_t flat = 0; flat < shape.space().size(); ++flat) {
      if (!shape.contains(shape.space().id(flat))) continue;
      const auto there = layout->parts(shape.space().id(flat));
      for (std::size_t i = 0; i < offsets[flat].size(); ++i) offsets[flat][i] = there[i].offset_in_slot;
    }
    model->place_parts(std::move(offsets));
    path = wanted;
    return {};
  }

  result<std::span<std::byte>> poisoned(bytes size) {
    if (memory.memory().size() < size.count) {
      auto made = file::slab::create(size);
      if (!made) return made.error();
      memory = *std::move(made);
    }
    const auto part = memory.memory().first(size.count);
    std::memset(part.data(), 0xFF, part.size());
    return part;
  }
};

/// "floor", "all", or a share as in moesaic-decode.
result<bytes> budget_of(const std::string& text, const model_shape& shape, std::span<const bytes> footprints) {
  const auto whole = plan(shape, footprints, {bytes::highest()});
  if (!whole) return whole.error();
  if (text == "floor") return whole->floor;
  if (text == "all") return std::max(whole->everything, whole->frame * (memory_budget{}.frames + shape.expert_count()));
  std::size_t used = 0;
  const double share = std::stod(text, &used);
  if (used + 1 != text.size() || text.back() != '%' || !(share > 0)) return error(error_code::bad_argument, "a budget is floor, all, or a share as 25%");
  return bytes{static_cast<std::uint64_t>(static_cast<double>(shape.total().count) * share / 100)};
}

struct done {
  json ids = json::array();
  std::uint64_t windows = 0, drafted = 0, accepted = 0, read = 0;
};

template <class Arena>
result<void> decode(loaded& here, const json& asked, const json& one, command_line::chosen_policies policies, bytes budget, done& so_far) {
  decoder::ggml_model& model = *here.model;
  model.keep({});
  const auto prompt = one.at("prompt").get<std::vector<token_id>>();
  const auto tokens = asked.at("tokens").get<std::uint32_t>();
  const auto longest = asked.at("length").get<std::uint32_t>();
  if (prompt.size() + tokens > model.context())
    return error(error_code::context_full, "a prompt of ", prompt.size(), " ids and ", tokens, " tokens do not fit a context of ", model.context());
  const auto wanted = decoder::draft_request::parse(one.at("draft").get<std::string>());
  if (!wanted) return wanted.error();
  auto draft = decoder::make_drafter(*wanted, {.target = model, .target_path = here.path, .prompt = prompt.size()});
  if (!draft) return draft.error();

  const auto memory = here.poisoned(budget);
  if (!memory) return memory.error();
  const auto footprints = here.layout->footprints();
  runtime_options how;
  how.residency.budget.total = budget;
  how.residency.footprint.assign(footprints.begin(), footprints.end());
  how.residency.memory = *memory;
  how.residency.host_possible = true;
  how.prefill_chunk = model.longest_window();
  using loop = offload_runtime<shared_model, link_type, command_line::chosen_policies, decoder::chosen_drafter, taking, Arena>;
  auto made = loop::create(shared_model(model), link_type(decoder::mapped_reader(here.mapped, *here.layout), ++here.runs), std::move(policies), std::move(how),
                           *std::move(draft), taking{asked.value("credulous", false)});
  if (!made) return made.error();
  const auto first = made->prefill(prompt);
  if (!first) return first.error();
  std::vector<token_id> ids{*first};
  while (ids.size() < tokens) {
    const auto step = made->step(std::min(tokens - static_cast<std::uint32_t>(ids.size()), longest + 1));
    if (!step) return step.error();
    ids.insert(ids.end(), step->tokens.begin(), step->tokens.end());
    ++so_far.windows;
    so_far.drafted += step->outcome.drafted.count;
    so_far.accepted += step->outcome.accepted.count;
  }
  so_far.read += (made->cache().count().bytes_demanded + made->cache().count().bytes_prefetched).count;
  so_far.ids.push_back(ids);
  return {};
}

result<json> answer(const json& asked, loaded& here) {
  if (auto fine = here.open(asked.at("model")); !fine) return fine.error();
  decoder::ggml_model& model = *here.model;
  auto names = command_line::choose_policies(asked.at("system").get<std::string>(), {});
  if (!names) return names.error();
  decoder::speculation_choice speculates;
  speculates.length = asked.at("length").get<std::uint32_t>();
  const auto footprints = here.layout->footprints();
  const auto budget = budget_of(asked.at("budget"), model.shape(), footprints);
  if (!budget) return budget.error();
  done all;
  for (const json& one : asked.at("runs")) {
    auto draft = decoder::draft_request::parse(one.at("draft").get<std::string>());
    if (!draft) return draft.error();
    speculates.draft = *std::move(draft);
    command_line::policy_names own = *names;
    own.speculation = speculates.governor_spec(own.speculation);
    auto policies = command_line::make_policies(own);
    if (!policies) return policies.error();
    const auto foretells = spec::parse(own.prediction);
    const auto layers = foretells && foretells->name() == "next_gate" ? foretells->number("horizon", prediction::next_gate{}.horizon, 1, 65'535) : 0;
    model.preview(layers ? static_cast<std::uint32_t>(*layers) : 0);
    const bool exact = command_line::wants_exact_rooms(policies->groups.per_layer, footprints);
    auto ran = exact ? decode<extent_arena>(here, asked, one, *std::move(policies), *budget, all)
                     : decode<uniform_arena>(here, asked, one, *std::move(policies), *budget, all);
    if (!ran) return ran.error();
  }
  return json{{"ids", all.ids}, {"windows", all.windows}, {"drafted", all.drafted}, {"accepted", all.accepted}, {"read", all.read}};
}

}  // namespace

int main() {
  loaded here;
  return moesaic::benchmarks::answer_requests("lossless_runs", [&](const json& asked) { return answer(asked, here); });
}
