// SPDX-License-Identifier: MIT
#include "recall.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <moesaic/prediction/catalogue.hpp>
#include <moesaic/trace/hub/open_trace.hpp>
#include <moesaic/trace/windows.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command_line/json_text.hpp"
#include "command_line/output_file.hpp"
#include "command_line/program.hpp"
#include "command_line/progress.hpp"

namespace moesaic::tracing {
namespace {

/// One predictor on one trace.
struct measured {
  std::string trace, predictor;
  trace::dimensions shape;
  std::uint64_t sequences = 0;
  sim::recall_options how;
  sim::recall_answer answer;
};

result<trace::event_table> read(const std::string& path, const trace::trace_options& said, command_line::progress& shown) {
  result<trace::any_trace> opened = trace::open_trace(path, said);
  if (!opened) return opened.error();
  trace::window_builder builder(opened->facts().shape, {});
  for (;;) {
    const result<std::optional<trace::routing_rows>> rows = opened->next();
    if (!rows) return rows.error();
    if (!*rows) break;
    builder.add(**rows);
    shown.update("reading " + path, (*rows)->first_token, opened->facts().tokens.value_or(0));
  }
  if (opened->interrupted()) shown.remark(path + ": breaks off before its end, as a run that was stopped leaves it; what follows is of what is there");
  return builder.finish();
}

result<std::vector<measured>> measure(const recall_request& asked, command_line::progress& shown) {
  std::vector<measured> all;
  for (const std::string& path : asked.traces) {
    const result<trace::event_table> table = read(path, asked.said, shown);
    if (!table) return table.error();
    if (table->steps.empty()) return error(error_code::bad_file, path, ": holds no routed token, so there is nothing to foretell");
    const auto& [layers, experts, top_k] = table->shape;
    sim::recall_options how = asked.how;
    if (how.at.empty()) how.at = {top_k};
    if (how.ahead.back() >= layers)
      return error(error_code::bad_argument, "--ahead ", how.ahead.back(), ": ", path, " has ", layers, " layers; at most ", layers - 1,
                   " can be foretold of a step");
    const result<model_shape> shape = model_shape::uniform(layers, experts, top_k, {1});
    if (!shape) return shape.error();
    const sim::recall measure_on(*table, how);
    for (const std::string& text : asked.predictors) {
      shown.update(path, all.size() % asked.predictors.size() + 1, asked.predictors.size());
      result<prediction::any> predictor = prediction::make(text, how.at.back());
      if (!predictor) return predictor.error();
      all.push_back({path, text, table->shape, table->steps.back().sequence + std::uint64_t{1}, how, measure_on.of(*std::move(predictor), *shape)});
    }
  }
  shown.done();
  return all;
}

std::string as_text(const std::vector<measured>& all) {
  std::string text;
  const auto out = std::back_inserter(text);
  const std::string* trace = nullptr;
  for (const measured& m : all) {
    if (trace == nullptr || *trace != m.trace) {
      fmt::format_to(out, "{}: {} layers of {} experts, top-{}\n{:<28}", m.trace, m.shape.layers, m.shape.experts, m.shape.top_k, "  recall");
      for (const std::uint32_t ahead : m.how.ahead)
        for (const std::uint32_t at : m.how.at) fmt::format_to(out, "{:>8}", fmt::format("+{} @{}", ahead, at));
      fmt::format_to(out, "\n{:<28}", "  random");
      for (std::size_t d = 0; d < m.how.ahead.size(); ++d)
        for (const std::uint32_t at : m.how.at) fmt::format_to(out, "{:>8.3f}", std::min(1.0, static_cast<double>(at) / m.shape.experts));
      text += "\n";
    }
    trace = &m.trace;
    fmt::format_to(out, "  {:<26}", m.predictor);
    for (const auto& of_distance : m.answer.recall)
      for (const double r : of_distance) fmt::format_to(out, "{:>8.3f}", r);
    text += "\n";
  }
  return text;
}

std::string as_json(const std::vector<measured>& all) {
  using nlohmann::ordered_json;
  ordered_json rows = ordered_json::array();
  for (const measured& m : all)
    for (std::size_t d = 0; d < m.how.ahead.size(); ++d)
      for (std::size_t i = 0; i < m.how.at.size(); ++i)
        rows.push_back({{"trace", m.trace},
                        {"layers", m.shape.layers},
                        {"experts", m.shape.experts},
                        {"top_k", m.shape.top_k},
                        {"sequences", m.sequences},
                        {"predictor", m.predictor},
                        {"ahead", m.how.ahead[d]},
                        {"at", m.how.at[i]},
                        {"recall", m.answer.recall[d][i]},
                        {"random", std::min(1.0, static_cast<double>(m.how.at[i]) / m.shape.experts)},
                        {"named", m.answer.named[d]},
                        {"teach_percent", m.sequences > 1 ? m.how.teaching : m.how.teaching_of_one},
                        {"spread", m.how.spread},
                        {"keep_learning", m.how.learns_on},
                        {"from_layer", m.how.first_layer}});
  const ordered_json document{{"schema", "moesaic.recall/1"}, {"rows", std::move(rows)}};
  return command_line::as_text(document);
}

}  // namespace

result<void> recall(const recall_request& asked) {
  if (const result<void> fine = command_line::can_be_written(asked.json); !fine) return fine;
  command_line::progress shown("moesaic-trace", true);
  const result<std::vector<measured>> all = measure(asked, shown);
  if (!all) return all.error();
  if (asked.json == "-") return command_line::print(as_json(*all));
  if (!asked.json.empty())
    if (const result<void> saved = command_line::save(asked.json, as_json(*all)); !saved) return saved;
  return command_line::print(as_text(*all));
}

}  // namespace moesaic::tracing
