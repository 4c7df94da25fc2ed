// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "command_line/json_text.hpp"
#include "command_line/program.hpp"

namespace moesaic::simulating {
namespace {

using command_line::as_object;
using command_line::seconds;
using json = nlohmann::ordered_json;

double share(double part, double whole) noexcept { return whole > 0 ? part / whole : 0; }
double rate(std::uint32_t tokens, nanoseconds took) noexcept { return share(tokens, seconds(took)); }

nanoseconds busiest(const row& r) noexcept {
  nanoseconds most{};
  for (const auto& link : r.run.links) most = std::max(most, link.busy);
  return most;
}

json counted(const counters& c) {
  json j = as_object(c);
  j.erase("failed");  // nothing fails on paper
  return j;
}
json as_object(const sim::simulated_run::part& p) {
  return {{"tokens", p.tokens}, {"seconds", seconds(p.took)}, {"tokens_per_s", rate(p.tokens, p.took)}, {"counters", counted(p.count)}};
}

json as_object(const row& r, const options& asked) {
  const counters c = r.count();
  json j;
  j["trace"] = r.trace;
  j["hardware"] = r.hardware;
  j["system"] = r.system;
  j["capacity"] = r.capacity;
  j["tokens"] = r.tokens();
  j["seconds"] = seconds(r.took());
  j["tokens_per_s"] = rate(r.tokens(), r.took());
  j["stall_s"] = seconds(c.stall);
  j["link_busy"] = share(seconds(busiest(r)), seconds(r.took()));
  j["hit_ratio"] = share(static_cast<double>(c.hits), static_cast<double>(c.accesses));
  j["bytes_demanded"] = c.bytes_demanded.count;
  j["bytes_prefetched"] = c.bytes_prefetched.count;
  j["prefetch_wasted"] = c.prefetch_wasted;
  j["drafted"] = r.run.drafted;
  j["accepted"] = r.run.accepted;
  j["bound_s"] = seconds(r.bound());
  j["floor_s"] = seconds(r.floor());
  j["compute_s"] = seconds(r.computed());
  j["lanes"] = {{"device_s", seconds(r.run.worked.device)},
                {"draft_s", seconds(r.run.worked.drafting)},
                {"host_s", seconds(r.run.worked.host)},
                {"host_awaited_s", seconds(r.run.worked.awaited)}};
  json links = json::array();
  for (std::size_t i = 0; i < r.run.links.size(); ++i)
    links.push_back({{"name", r.link_names[i]}, {"busy_s", seconds(r.run.links[i].busy)}, {"bytes", r.run.links[i].moved.count}});
  j["links"] = std::move(links);
  j["layers"] = r.shape.layers;
  j["experts"] = r.shape.experts;
  j["top_k"] = r.shape.top_k;
  j["expert_bytes"] = r.expert_bytes.count;
  j["expert_bytes_from"] = r.expert_bytes_from;
  j["policies"] = as_object(r.policies);
  j["budget"] = {{"bytes", r.budget.count},
                 {"slots", r.run.planned.slots.count},
                 {"frames", r.run.planned.frames},
                 {"floor", r.run.planned.floor.count},
                 {"recommended", r.run.planned.recommended.count}};
  if (r.draft_length)
    j["draft_length"] = *r.draft_length;
  else
    j["draft_length"] = nullptr;
  if (r.draft_length == 0) {
    j["acceptance"] = nullptr;
    j["fidelity"] = nullptr;
  } else {
    j["acceptance"] = asked.drafter.acceptance;
    j["fidelity"] = asked.drafter.fidelity;
  }
  if (r.gate_recall)
    j["gate_recall"] = *r.gate_recall;
  else
    j["gate_recall"] = nullptr;
  j["windows"] = r.run.windows;
  j["seed"] = asked.seed;
  j["misses_at_best"] = r.at_best.misses;
  j["bytes_missed_at_best"] = r.at_best.moved.count;
  j["counters"] = counted(c);
  j["layers_accesses"] = r.layers.accesses;
  j["layers_misses"] = r.layers.misses;
  j["prefill"] = as_object(r.run.in_passes);
  j["decode"] = as_object(r.run.one_by_one);
  return j;
}

}  // namespace

std::string as_json(const std::vector<row>& rows, const options& asked) {
  json all = json::array();
  for (const row& r : rows) all.push_back(as_object(r, asked));
  const json document{{"schema", "moesaic.simulate/1"}, {"version", command_line::version_text()}, {"rows", std::move(all)}};
  return command_line::as_text(document);
}

std::string as_table(const std::vector<row>& rows) {
  std::string text;
  std::string above;
  for (const row& r : rows) {
    const std::string head =
        fmt::format("{} on {}, {} experts of {} bytes in each of {} layers\n", r.trace, r.hardware, r.shape.experts, r.expert_bytes.count, r.shape.layers);
    if (head != above)
      text += fmt::format("{}  {:<16} {:>9} {:>6} {:>10} {:>7} {:>7} {:>7} {:>8} {:>8}\n", head, "system", "capacity", "draft", "tokens/s", "hits", "stalled",
                          "link", "floor", "bound");
    above = head;
    const double took = seconds(r.took());
    const auto of_time = [&](nanoseconds t) { return 100 * share(seconds(t), took); };
    text += fmt::format("  {:<16} {:>9} {:>6} {:>10.2f} {:>6.1f}% {:>6.1f}% {:>6.1f}% {:>7.1f}% {:>7.1f}%\n", r.system, r.capacity,
                        r.draft_length ? std::to_string(*r.draft_length) : "chosen", rate(r.tokens(), r.took()),
                        100 * share(static_cast<double>(r.count().hits), static_cast<double>(r.count().accesses)), of_time(r.count().stall),
                        of_time(busiest(r)), of_time(r.floor()), of_time(r.bound()));
  }
  text +=
      "  hits of all uses; everything behind that in % of the time the run takes. floor: what computing or this run's misses alone would take;\n"
      "  bound: the same with the misses of a cache that knows the future and fetches them all.\n";
  return text;
}

}  // namespace moesaic::simulating
