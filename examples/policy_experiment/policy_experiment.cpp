// SPDX-License-Identifier: MIT
// policy_experiment TRACE [PERCENT...]: the policies of policies.hpp on a MOETRC1 trace, one row each: misses in percent of
// accesses, a pool for each layer, every miss kept. The shares are 12.5, 25 and 50 percent unless others are named.
#include <cstdint>
#include <cstdio>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/sim/capacity.hpp>
#include <moesaic/sim/play.hpp>
#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/next_use.hpp>
#include <moesaic/trace/windows.hpp>

#include "policies.hpp"

namespace {

using namespace moesaic;

result<trace::event_table> read_events(const std::string& path) {
  result<trace::file_source> file = trace::file_source::open(path);
  if (!file) return file.error();
  auto reader = trace::moetrc1_reader<trace::file_source>::open(*std::move(file));
  if (!reader) return reader.error();
  trace::window_builder builder(reader->shape(), {});
  for (;;) {
    const auto rows = reader->next();
    if (!rows) return rows.error();
    if (!*rows) return builder.finish();
    builder.add(**rows);
  }
}

template <class Policy>
double miss_percent(const trace::event_table& table, const trace::future& next_uses, const sim::resident_set& empty, const Policy& policy) {
  sim::replay<Policy, admission::forced> player(empty, policy, {});
  sim::play(player, table, {.next_uses = &next_uses});
  return 100.0 * static_cast<double>(player.count().misses) / static_cast<double>(player.count().accesses);
}

result<void> run(const std::string& path, const std::vector<std::string>& shares) {
  const result<trace::event_table> table = read_events(path);
  if (!table) return table.error();
  const auto& [layers, experts, top_k] = table->shape;
  const result<model_shape> shape = model_shape::uniform(layers, experts, top_k, {1});
  if (!shape) return shape.error();
  std::vector<sim::resident_set> pools;
  std::printf("%-12s", "misses, %");
  for (const std::string& share : shares) {
    const result<sim::capacity> capacity = sim::capacity::parse(share);
    if (!capacity) return capacity.error();
    const auto room = capacity->pools(*shape, group_per_layer{}, sim::unit::experts);
    if (!room) return room.error();
    pools.emplace_back(*shape, group_per_layer{}, sim::unit::experts, *room);
    std::printf("%10s", share.c_str());
  }
  std::printf("\n");
  const trace::future next_uses(*table);
  const auto row = [&](const auto& entrant) {
    std::printf("%-12s", entrant.name);
    for (const sim::resident_set& empty : pools) std::printf("%10.2f", miss_percent(*table, next_uses, empty, entrant.policy));
    std::printf("\n");
  };
  std::apply([&](const auto&... each) { (row(each), ...); }, experiment::policies);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "policy_experiment: name a MOETRC1 trace, and shares like 25%% if the usual ones will not do\n");
    return 2;
  }
  std::vector<std::string> shares(argv + 2, argv + argc);
  if (shares.empty()) shares = {"12.5%", "25%", "50%"};
  const result<void> done = run(argv[1], shares);
  if (done) return 0;
  std::fprintf(stderr, "policy_experiment: %.*s\n", static_cast<int>(done.error().sentence().size()), done.error().sentence().data());
  return 2;
}
