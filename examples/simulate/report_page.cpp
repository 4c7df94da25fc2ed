// SPDX-License-Identifier: MIT
#include "report_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "command_line/policy_choice.hpp"
#include "command_line/program.hpp"
#include "report/text.hpp"
#include "report/words.hpp"

namespace moesaic::simulating {
namespace {

double seconds(nanoseconds t) noexcept { return static_cast<double>(t.count) * 1e-9; }
double share(double part, double whole) noexcept { return whole > 0 ? part / whole : 0; }

std::vector<report::fact> facts_of(const row& r) {
  std::vector<report::fact> facts{{"trace", r.trace},
                                  {"hardware", r.hardware},
                                  {"layers", std::to_string(r.shape.layers)},
                                  {"experts a layer", std::to_string(r.shape.experts)},
                                  {"top-k", std::to_string(r.shape.top_k)},
                                  {"an expert", report::bytes_text(static_cast<double>(r.expert_bytes.count))},
                                  {"tokens", report::count_text(r.tokens())}};
  for (const std::string& link : r.link_names) facts.push_back({"link", link});
  if (r.run.drafted > 0) facts.push_back({"tokens drafted at once", r.draft_length ? std::to_string(*r.draft_length) : "as the governor chooses"});
  return facts;
}

report::entry entry_of(const row& r) {
  const counters c = r.count();
  const double took = seconds(r.took());
  report::entry e;
  e.policy = r.system;
  e.capacity = r.capacity;
  e.share = std::min(share(static_cast<double>(r.run.planned.slots.count), static_cast<double>(r.all_experts.count)), 1.0);
  e.accesses = c.accesses;
  e.hits = c.hits;
  e.misses = c.misses;
  e.bound_misses = r.at_best.misses;
  e.bytes_missed = c.bytes_demanded.count;
  e.bound_bytes = r.at_best.moved.count;
  if (c.misses > 0) e.regret = (static_cast<double>(c.misses) - static_cast<double>(r.at_best.misses)) / static_cast<double>(c.misses);
  e.layers_accesses = r.layers.accesses;
  e.layers_misses = r.layers.misses;
  e.seconds = took;
  e.bound_seconds = seconds(r.bound());
  e.cells = {fmt::format("{:.2f}", share(r.tokens(), took)),
             report::percent_text(share(static_cast<double>(c.hits), static_cast<double>(c.accesses))),
             report::seconds_text(took),
             report::seconds_text(seconds(r.floor())),
             report::seconds_text(seconds(r.bound())),
             report::percent_text(share(seconds(c.stall), took)),
             fmt::format("{:.3f}", static_cast<double>(c.bytes_demanded.count) * 1e-9),
             fmt::format("{:.3f}", static_cast<double>(c.bytes_prefetched.count) * 1e-9),
             report::count_text(c.prefetch_wasted),
             report::count_text(c.host),
             fmt::format("{} / {}", report::count_text(r.run.accepted), report::count_text(r.run.drafted))};
  return e;
}

}  // namespace

report::page report_page(std::span<const row> rows, std::string command) {
  report::page all{"How fast recorded routing would run", "moesaic-simulate " + command_line::version_text(), std::move(command), report::common_words(), {}};
  all.definitions.push_back(
      {"seconds", "By the clock of the machine on paper, for the whole trace; everything but computing and the links is the library itself."});
  all.definitions.push_back({"floor", "What computing alone would take, or this run's misses alone on the slowest link, whichever is more."});
  std::map<std::pair<std::string, std::string>, std::size_t> found;
  for (const row& r : rows) {
    const auto [at, fresh] = found.emplace(std::pair(r.trace, r.hardware), all.comparisons.size());
    if (fresh) {
      report::comparison& c = all.comparisons.emplace_back();
      c.title = r.trace.substr(r.trace.find_last_of('/') + 1) + " on " + r.hardware;
      c.facts = facts_of(r);
      c.tokens = r.tokens();
      c.link = r.rate.count;
      c.compute = share(seconds(r.computed()), r.tokens());
      c.columns = {"tokens/s",          "hit ratio",   "seconds",           "floor", "bound", "stalled", "GB missed", "GB prefetched",
                   "prefetches wasted", "on the host", "accepted / drafted"};
    }
    all.comparisons[at->second].entries.push_back(entry_of(r));
  }
  return all;
}

}  // namespace moesaic::simulating
