// SPDX-License-Identifier: MIT
#include "recall_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <moesaic/prediction/catalogue.hpp>
#include <string_view>

#include "command_line/amounts.hpp"
#include "command_line/arguments.hpp"
#include "command_line/lists.hpp"

namespace moesaic::tracing {
namespace {

constexpr const char* usage =
    R"(Says how many of a layer's experts a predictor names in time. The first part of a trace teaches it,
the rest measures it.

usage: moesaic-trace recall TRACE... --predictor SPEC[,SPEC...]

--predictor     what to measure, e.g. blend,linear(horizon=4); known are listed below
--at            experts named, e.g. 6,8,12,16 (the trace's top-k)
--ahead         layers ahead, e.g. 1,2 (1); above 2 a predictor wants horizon=, e.g. blend(horizon=4)
--teach         percent of the sequences that teach and are not measured; of a single one, of its tokens (70; 60)
--spread        of each ten sequences the first ones teach, not the first of all: for traces sorted by subject
--keep-learning what is measured teaches as well
--from-layer    the first layer that is measured (3)
--json          write JSON to a file, or to standard output with -
--experts --top-k    for formats that do not say
--help

)";

std::string help() {
  std::string text = usage;
  for (const prediction::entry& e : prediction::entries()) {
    std::string name(e.name);
    if (!e.arguments.empty()) name.append("(").append(e.arguments).append(")");
    text.append(name).append(name.size() < 26 ? 26 - name.size() : 1, ' ').append(e.help).append("\n");
  }
  return text;
}

struct raw_options {
  std::string predictor, at, ahead = "1", teach, from_layer = "3", experts, top_k;
};

result<std::uint32_t> number_of(std::string_view option, const std::string& text, std::uint32_t least, std::uint32_t most) {
  const auto n = command_line::whole_number(option, text, least, most);
  if (!n) return n.error();
  return static_cast<std::uint32_t>(*n);
}

result<std::vector<std::uint32_t>> numbers_of(std::string_view option, const std::string& text) {
  std::vector<std::uint32_t> all;
  for (const std::string& one : command_line::split_list(text)) {
    const result<std::uint32_t> n = number_of(option, one, 1, 65'535);
    if (!n) return n.error();
    all.push_back(*n);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

result<recall_request> checked(recall_request r, const raw_options& raw) {
  if (r.traces.empty()) return error(error_code::bad_argument, "recall wants at least one trace; see moesaic-trace recall --help");
  if (raw.predictor.empty()) return error(error_code::bad_argument, "recall wants --predictor, e.g. --predictor blend,linear; see moesaic-trace recall --help");
  r.predictors = command_line::split_list(raw.predictor);
  for (const std::string& text : r.predictors) {
    const auto made = prediction::make(text);
    if (!made) return error(made.error().code(), "--predictor: ", made.error().sentence());
    if (const auto parsed = spec::parse(text); parsed && parsed->name() == "next_gate")
      return error(error_code::bad_argument, "--predictor: next_gate needs hidden states, and a trace has none; moesaic-decode measures it");
  }
  if (!raw.at.empty()) {
    auto at = numbers_of("--at", raw.at);
    if (!at) return at.error();
    r.how.at = *std::move(at);
  }
  auto ahead = numbers_of("--ahead", raw.ahead);
  if (!ahead) return ahead.error();
  r.how.ahead = *std::move(ahead);
  if (!raw.teach.empty()) {
    const auto percent = number_of("--teach", raw.teach, 0, 99);
    if (!percent) return percent.error();
    r.how.teaching = r.how.teaching_of_one = *percent;
  }
  const auto layer = number_of("--from-layer", raw.from_layer, 0, 65'535);
  if (!layer) return layer.error();
  r.how.first_layer = *layer;
  for (const auto& [name, text, value] : {std::tuple{"--experts", &raw.experts, &r.said.experts}, {"--top-k", &raw.top_k, &r.said.top_k}}) {
    if (text->empty()) continue;
    const auto number = number_of(name, *text, 1, 65'535);
    if (!number) return number.error();
    *value = *number;
  }
  return r;
}

}  // namespace

result<std::variant<recall_request, std::string>> read_recall_options(int count, const char* const* arguments) {
  using answer = std::variant<recall_request, std::string>;
  CLI::App app;
  app.set_help_flag();
  recall_request r;
  raw_options raw;
  bool wants_help = false;
  app.add_option("traces", r.traces);
  for (const auto& [name, value] : {std::pair<const char*, std::string*>{"--predictor", &raw.predictor},
                                    {"--at", &raw.at},
                                    {"--ahead", &raw.ahead},
                                    {"--teach", &raw.teach},
                                    {"--from-layer", &raw.from_layer},
                                    {"--json", &r.json},
                                    {"--experts", &raw.experts},
                                    {"--top-k", &raw.top_k}})
    app.add_option(name, *value);
  app.add_flag("--spread", r.how.spread);
  app.add_flag("--keep-learning", r.how.learns_on);
  app.add_flag("--help,-h", wants_help);
  if (const result<void> fine = command_line::parse(app, "moesaic-trace recall", count, arguments); !fine) return fine.error();
  if (wants_help) return answer(help());
  result<recall_request> made = checked(std::move(r), raw);
  if (!made) return made.error();
  return answer(*std::move(made));
}

}  // namespace moesaic::tracing
