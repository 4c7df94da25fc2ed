// SPDX-License-Identifier: MIT
#include "report_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "command_line/policy_choice.hpp"
#include "command_line/program.hpp"
#include "report/text.hpp"
#include "report/words.hpp"

namespace moesaic::replaying {
namespace {

std::string file_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

/// Of all experts, what fits.
double share_of(const row& r) {
  const double pool = static_cast<double>(r.shape.experts) * (r.scope == "global" ? r.shape.layers : 1);
  return std::min(static_cast<double>(r.capacity_experts) / pool, 1.0);
}

std::vector<report::fact> facts_of(const row& r) {
  std::vector<report::fact> facts{{"trace", r.trace},
                                  {"layers", std::to_string(r.shape.layers)},
                                  {"experts a layer", std::to_string(r.shape.experts)},
                                  {"top-k", std::to_string(r.shape.top_k)},
                                  {"tokens", report::count_text(r.tokens)},
                                  {"events", report::count_text(r.all.events)},
                                  {"experts an event", fmt::format("{:.2f}", r.mean_union())},
                                  {"first uses", report::count_text(r.compulsory)},
                                  {"window", fmt::format("{} {}", r.window, r.window == 1 ? "token" : "tokens")},
                                  {"admission", r.admission},
                                  {"pools", r.scope == "global" ? "one for all layers" : "one a layer"}};
  if (r.forecast) facts.push_back({"forecast", *r.forecast});
  if (r.reset != "no") facts.push_back({"starts anew", "with each sequence"});
  if (r.recency != "event") facts.push_back({"recency", "by rank within an event"});
  if (r.counted_by != "event") facts.push_back({"counted", "one access at a time, for comparison with object caches"});
  return facts;
}

report::entry entry_of(const row& r) {
  report::entry e;
  e.policy = r.eviction;
  e.capacity = r.capacity;
  e.share = share_of(r);
  e.accesses = r.all.accesses;
  e.hits = r.all.hits;
  e.misses = r.all.misses;
  e.bound_misses = r.bound_misses;
  if (r.sized) {
    e.bytes_missed = r.all.missed.count;
    e.bound_bytes = r.bound_missed.count;
  }
  e.regret = r.regret();
  e.layers_accesses = r.layers_accesses;
  e.layers_misses = r.layers_misses;
  e.cells = {report::count_text(r.capacity_experts),
             report::count_text(r.all.hits),
             report::percent_text(1 - r.miss_ratio()),
             report::count_text(r.all.misses),
             report::count_text(r.bound_misses),
             fmt::format("{:.4f}", r.regret()),
             report::count_text(r.all.evictions),
             report::count_text(r.all.bypasses),
             r.sized ? fmt::format("{:.3f}", static_cast<double>(r.all.missed.count) * 1e-9) : "",
             fmt::format("{:.3f}", r.union_over_capacity),
             fmt::format("{:.1f}", r.accesses_per_s() * 1e-6)};
  return e;
}

}  // namespace

report::page report_page(std::span<const row> rows, const options& asked, std::string command) {
  report::page all{
      "What policies are worth on recorded routing", "moesaic-replay " + command_line::version_text(), std::move(command), report::common_words(), {}};
  all.definitions.push_back({"admission",
                             "forced: every miss takes a free slot or a victim's. optional: after each event the best by the policy's key stay, so "
                             "a newcomer may never enter. Others are policies of their own."});
  all.definitions.push_back(
      {"union / capacity", "Mean over events of what the event's set takes, as a part of its pool: near 1, an event leaves no room for anything else."});
  std::map<std::string, std::set<std::string>> paths_of_file;
  for (const row& r : rows) paths_of_file[file_of(r.trace)].insert(r.trace);
  std::map<std::tuple<std::string, std::uint32_t, std::string>, std::size_t> found;
  for (const row& r : rows) {
    const auto [at, fresh] = found.emplace(std::tuple(r.trace, r.window, r.admission), all.comparisons.size());
    if (fresh) {
      report::comparison& c = all.comparisons.emplace_back();
      const std::string file = file_of(r.trace);
      c.title = fmt::format("{}, window {}, {}", paths_of_file[file].size() == 1 ? file : r.trace, r.window, r.admission);
      c.facts = facts_of(r);
      c.tokens = r.tokens;
      if (asked.link) c.link = static_cast<double>(asked.link->count);
      c.compute = asked.compute;
      if (c.link || c.compute) c.facts.push_back({"where the sliders start", "as the command says"});
      c.columns = {"experts", "hits", "hit ratio", "misses", "bound", "regret", "evictions", "bypasses", "GB missed", "union / capacity", "M accesses/s"};
    }
    all.comparisons[at->second].entries.push_back(entry_of(r));
  }
  return all;
}

}  // namespace moesaic::replaying
