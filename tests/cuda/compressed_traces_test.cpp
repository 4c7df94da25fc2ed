// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/trace/compressed_source.hpp>

#include "support/device_work_checks.hpp"

/// All device work over the routing of real models.
namespace {
using namespace moesaic;
using namespace moesaic_test;

using packed = trace::compressed_source<trace::file_source>;
result<packed> unpacked(const std::string& path) {
  auto file = trace::file_source::open(path);
  if (!file) return file.error();
  return packed::open(*std::move(file));
}
constexpr auto distinct = [](const auto&... given) { return mc::distinct_experts(given...); };
constexpr auto permutation = [](const auto&... given) { return mc::expert_permutation(given...); };
constexpr auto forecast_of = [](const auto&... given) { return mc::window_forecast(given...); };

void check_all(const routing_case& one, splitmix& random) {
  CAPTURE(one.name);
  CAPTURE(one.tokens);
  host_bench<mc::on_host> bench;
  check_distinct<std::int32_t>(bench, one, mc::distinct_experts_workspace(one.experts), distinct);
  check_permutation<std::int32_t>(bench, one, mc::expert_permutation_workspace(one.tokens, one.k, one.experts), permutation);
  check_window<std::int32_t>(bench, one, 1, mc::window_forecast_workspace(one.tokens, 1, one.k, one.experts), forecast_of);

  // The rest begins where those end: the event's demand.
  std::vector<expert_index> ids;
  for (const std::uint16_t id : one.ids) ids.push_back(expert_index{id});
  demand_collector collector(one.experts);
  const auto collected = collector.collect({.tokens = one.tokens, .k = one.k, .experts = ids, .weights = one.weights});
  const std::vector<demand> wanted(collected.begin(), collected.end());
  const hysteresis_step step{5, 2, 1};
  std::vector<utility> before, after;
  for (std::uint32_t e = 0; e < one.experts; ++e) {
    before.push_back({std::int64_t{random.below(6)}});
    after.push_back({std::int64_t{step.moved(static_cast<std::uint32_t>(before.back().count), 0)}});
  }
  for (const demand& d : wanted) after[number(d.expert)] = {std::int64_t{step.moved(static_cast<std::uint32_t>(before[number(d.expert)].count), d.tokens)}};
  check_update(bench, mc::hysteresis_of_tokens{step}, wanted, before, after);
  check_top(bench, after, 1, std::min(one.k, one.experts));
  const expert_space space(2, one.experts);
  std::vector<std::uint64_t> table(space.size(), mc::absent_slot);
  for (std::uint64_t& slot : table)
    if (random.chance(250)) slot = std::uint64_t{random.below(64)} << 21U;
  check_lookup(bench, table, space, layer_index{1}, wanted, static_cast<std::uint32_t>(wanted.size()));
}

TEST_CASE("device work over the shared traces gives the CPU's answers") {
  const std::string traces = MOESAIC_SHARED "/traces/";
  if (!std::filesystem::is_directory(traces)) {
    MESSAGE("skipped: " << traces << " is not there");
    return;
  }
  splitmix random{17};
  for (const char* name : {"dsv2lite_esft_intent", "dsv2lite_esft_law", "dsv2lite_esft_summary", "qwen3_30b_a3b_k6", "olmoe1b7b_decode299", "gptoss20b_decode"})
    for (const std::uint32_t window : {1U, 5U, 64U}) {
      const std::string path = traces + name + ".bin.xz";
      const auto cases = recorded_cases(unpacked(path), unpacked(path), name, window, 150);
      REQUIRE(cases.size() >= 64);
      for (const routing_case& one : cases) check_all(one, random);
    }
}

}  // namespace
