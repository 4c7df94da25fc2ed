// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace moesaic::replaying {

std::string as_table(const std::vector<row>& rows) {
  std::string text;
  const auto out = std::back_inserter(text);
  std::size_t capacity = 8, eviction = 8, admission = 9;
  for (const row& r : rows) {
    capacity = std::max(capacity, r.capacity.size());
    eviction = std::max(eviction, r.eviction.size());
    admission = std::max(admission, r.admission.size());
  }
  const row* before = nullptr;
  for (const row& r : rows) {
    if (before == nullptr || before->trace != r.trace || before->window != r.window) {
      fmt::format_to(out, "{}{}: {} layers of {} experts, top-{}, window {}; {} events of {:.2f} experts, {} first uses\n", before == nullptr ? "" : "\n",
                     r.trace, r.shape.layers, r.shape.experts, r.shape.top_k, r.window, r.count.events, r.mean_union(), r.compulsory);
      fmt::format_to(out, "{:>{}}  {:>8}  {:<{}}  {:<{}}  {:>7}  {:>12}  {:>12}  {:>7}{}  {:>10}\n", "capacity", capacity, "experts", "admission",
                     admission, "eviction", eviction, "hits %", "misses", "bound", "regret", r.bytes_missed ? "    GB missed" : "", "M access/s");
    }
    before = &r;
    const double hits = 100 * (1 - r.miss_ratio());
    fmt::format_to(out, "{:>{}}  {:>8}  {:<{}}  {:<{}}  {:>7.2f}  {:>12}  {:>12}  {:>7.3f}{}  {:>10.1f}\n", r.capacity, capacity, r.pool_experts,
                   r.admission, admission, r.eviction, eviction, hits, r.count.misses, r.bound_misses, r.regret(),
                   r.bytes_missed ? fmt::format("  {:>11.3f}", static_cast<double>(r.bytes_missed->count) / 1e9) : std::string(), r.accesses_per_s() / 1e6);
  }
  return text;
}

std::string as_json(const std::vector<row>& rows, const options& asked) {
  using nlohmann::ordered_json;
  ordered_json all = ordered_json::array();
  for (const row& r : rows) {
    ordered_json j;
    j["trace"] = r.trace;
    j["layers"] = r.shape.layers;
    j["experts"] = r.shape.experts;
    j["top_k"] = r.shape.top_k;
    j["eviction"] = r.eviction;
    j["admission"] = r.admission;
    j["scope"] = asked.one_pool ? "global" : "layer";
    j["capacity"] = r.capacity;
    j["capacity_experts"] = r.pool_experts;
    j["unit"] = r.unit == sim::unit::bytes ? "bytes" : "experts";
    j["window"] = r.window;
    j["recency"] = asked.order == recency::by_rank ? "rank" : "event";
    j["reset"] = asked.reset_each_sequence ? "sequence" : "no";
    j["forecast"] = nullptr;
    j["events"] = r.count.events;
    j["accesses"] = r.count.accesses;
    j["hits"] = r.count.hits;
    j["misses"] = r.count.misses;
    j["miss_ratio"] = r.miss_ratio();
    j["evictions"] = r.count.evictions;
    j["bypasses"] = r.count.bypasses;
    j["compulsory"] = r.compulsory;
    j["mean_union"] = r.mean_union();
    j["union_over_capacity"] = r.union_over_capacity;
    j["bytes_missed"] = r.bytes_missed ? ordered_json(r.bytes_missed->count) : ordered_json(nullptr);
    j["belady_misses"] = r.bound_misses;
    j["regret"] = r.regret();
    j["accesses_per_s"] = r.accesses_per_s();
    all.push_back(std::move(j));
  }
  const ordered_json document{{"schema", "moesaic.replay/1"}, {"rows", std::move(all)}};
  // Names of files may be any bytes; what is no UTF-8 in them is replaced rather than refused.
  return document.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace moesaic::replaying
