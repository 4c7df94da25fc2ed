// SPDX-License-Identifier: MIT
#include "description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <moesaic/trace/hub/open_trace.hpp>
#include <optional>

#include "command_line/json_text.hpp"

namespace moesaic::tracing {
namespace {

/// Bytes of all experts, and of the smallest and the largest.
struct sizes {
  std::uint64_t total = 0, least = ~std::uint64_t{0}, most = 0;
};
sizes sizes_of(const trace::trace_facts& facts) {
  sizes s;
  for (std::uint32_t l = 0; l < facts.shape.layers; ++l)
    for (std::uint32_t e = 0; e < facts.shape.experts; ++e) {
      const std::uint64_t size = facts.bytes_of(l, e).count;
      s.total += size;
      s.least = std::min(s.least, size);
      s.most = std::max(s.most, size);
    }
  return s;
}

void add_facts(std::string& text, const description& d) {
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "{}: {}\n", d.trace, d.facts.format);
  fmt::format_to(out, "  {} layers of {} experts, top-{}{}\n", d.facts.shape.layers, d.facts.shape.experts, d.facts.shape.top_k,
                 d.facts.weights ? ", with gate weights" : "");
  fmt::format_to(out, "  {} tokens in {} sequences, {} of them prompt\n", d.summary.tokens, d.summary.sequences, d.summary.prompt_tokens);
  if (d.batches > 0) fmt::format_to(out, "  {} batches hold {} tokens\n", d.batches, d.batch_tokens);
  fmt::format_to(out, "  {} routed ids; {} of {} (token, layer) rows are not routed\n", d.accesses, d.summary.not_routed_rows,
                 d.summary.not_routed_rows + d.summary.routed_rows);
  if (!d.facts.expert_bytes.empty()) {
    const sizes s = sizes_of(d.facts);
    fmt::format_to(out, "  {} to {} bytes an expert, {:.3f} GB in all\n", s.least, s.most, static_cast<double>(s.total) / 1e9);
  }
  if (d.recorded > 0)
    fmt::format_to(out, "  recorded residency of {} ids, {:.2f} % of them resident\n", d.recorded,
                   100.0 * static_cast<double>(d.resident) / static_cast<double>(d.recorded));
}

void add_statistics(std::string& text, const description& d) {
  const auto out = std::back_inserter(text);
  const trace::trace_summary& s = d.summary;
  fmt::format_to(out, "  reuse {:.3f} (layers {:.2f} to {:.2f}; random {:.3f}), at lag 8 {:.3f}\n", s.reuse, s.least_reuse, s.most_reuse, s.random,
                 s.reuse_at_8);
  fmt::format_to(out, "  distinct experts per layer and sequence {:.1f} of {}\n", s.distinct, d.facts.shape.experts);
  fmt::format_to(out, "  entropy {:.2f} of {:.2f} bits; the hottest quarter has {:.3f} of the uses\n  distinct experts per layer for W tokens:", s.entropy,
                 s.entropy_most, s.hottest_quarter);
  for (std::size_t w = 0; w < trace::trace_summary::windows.size(); ++w)
    fmt::format_to(out, " {}={:.2f}", trace::trace_summary::windows[w], s.distinct_in_window[w]);
  text += "\n";
}

}  // namespace

result<description> describe(const std::string& path, const trace::trace_options& said, command_line::progress& shown) {
  result<trace::any_trace> opened = trace::open_trace(path, said);
  if (!opened) return opened.error();
  description d;
  d.trace = path;
  d.facts = opened->facts();
  trace::trace_statistics statistics(d.facts.shape);
  std::uint32_t batch = 0;
  for (;;) {
    const result<std::optional<trace::routing_rows>> rows = opened->next();
    if (!rows) return rows.error();
    if (!*rows) break;
    const trace::routing_rows& r = **rows;
    statistics.add(r);
    d.accesses += static_cast<std::uint64_t>(std::count_if(r.experts.begin(), r.experts.end(), [](std::uint16_t id) { return id != trace::not_routed; }));
    d.batches += r.batch != 0 && r.batch != batch ? 1 : 0;
    d.batch_tokens += r.batch != 0 ? r.tokens : 0;
    batch = r.batch;
    for (const std::uint8_t mark : r.recorded) {
      d.recorded += mark != trace::recorded_nothing ? 1 : 0;
      d.resident += mark == trace::recorded_resident ? 1 : 0;
    }
    shown.update("reading " + path, r.first_token, d.facts.tokens.value_or(0));
  }
  if (opened->interrupted()) shown.remark(path + ": breaks off before its end, as a run that was stopped leaves it; what follows is of what is there");
  d.summary = statistics.finish();
  return d;
}

std::string as_text(const std::vector<description>& all, bool statistics) {
  std::string text;
  for (const description& d : all) {
    add_facts(text, d);
    if (statistics) add_statistics(text, d);
  }
  return text;
}

std::string as_json(const std::vector<description>& all, bool statistics) {
  using nlohmann::ordered_json;
  ordered_json traces = ordered_json::array();
  for (const description& d : all) {
    ordered_json j;
    j["trace"] = d.trace;
    j["format"] = d.facts.format;
    j["layers"] = d.facts.shape.layers;
    j["experts"] = d.facts.shape.experts;
    j["top_k"] = d.facts.shape.top_k;
    j["tokens"] = d.summary.tokens;
    j["sequences"] = d.summary.sequences;
    j["prompt_tokens"] = d.summary.prompt_tokens;
    j["batches"] = d.batches;
    j["batch_tokens"] = d.batch_tokens;
    j["accesses"] = d.accesses;
    j["routed_rows"] = d.summary.routed_rows;
    j["not_routed_rows"] = d.summary.not_routed_rows;
    j["weights"] = d.facts.weights;
    j["expert_bytes"] = nullptr;
    if (!d.facts.expert_bytes.empty()) {
      const sizes s = sizes_of(d.facts);
      j["expert_bytes"] = {{"total", s.total}, {"min", s.least}, {"max", s.most}};
    }
    j["recorded"] = d.recorded == 0 ? ordered_json(nullptr) : ordered_json{{"accesses", d.recorded}, {"resident", d.resident}};
    if (statistics) {
      const trace::trace_summary& s = d.summary;
      j["reuse"] = {{"mean", s.reuse}, {"min", s.least_reuse}, {"max", s.most_reuse}, {"random", s.random}, {"lag_8", s.reuse_at_8}};
      j["distinct_per_sequence"] = s.distinct;
      j["entropy_bits"] = s.entropy;
      j["entropy_max_bits"] = s.entropy_most;
      j["hottest_quarter"] = s.hottest_quarter;
      ordered_json windows;
      for (std::size_t w = 0; w < trace::trace_summary::windows.size(); ++w)
        windows[std::to_string(trace::trace_summary::windows[w])] = s.distinct_in_window[w];
      j["distinct_in_window"] = windows;
    }
    traces.push_back(std::move(j));
  }
  const ordered_json document{{"schema", "moesaic.trace/1"}, {"traces", std::move(traces)}};
  return command_line::as_text(document);
}

}  // namespace moesaic::tracing
