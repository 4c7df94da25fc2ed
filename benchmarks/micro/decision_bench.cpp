// SPDX-License-Identifier: MIT
// What one event costs to decide: 8 of 128 experts, from acquire to the end of the lease, on a transport that costs nothing.
// `hits`: all are resident. `misses`: 4 of 8 have to evict. The argument is the number of slots. To be compared with the
// hand-written array LRU of the same run (gate: 2 ×); the one with links shows what is left to gain.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <vector>

#include <moesaic/moesaic.hpp>

#include "hand_written_lru.hpp"
#include "residency_bench.hpp"

using namespace moesaic;

namespace {

constexpr std::uint32_t wanted_per_event = 8;

std::uint32_t experts_for(std::uint32_t slots) { return slots <= 120 ? 128 : slots + 16; }

template <class Eviction, bool publishes = false>
void residency_event(benchmark::State& state, bool misses) {
  const auto slots = static_cast<std::uint32_t>(state.range(0));
  published<counters> numbers;
  residency_events<bench_bundle<Eviction, one_group, publishes ? 1 : 0>>(
      state, *model_shape::uniform(1, experts_for(slots), wanted_per_event, {bench_expert_bytes}), slots,
      event_cycle::rotating(wanted_per_event, slots, misses), {}, publishes ? &numbers : nullptr);
}

template <class Order>
void hand_written_event(benchmark::State& state, bool misses) {
  const auto slots = static_cast<std::uint32_t>(state.range(0));
  const auto cycle = event_cycle::rotating(wanted_per_event, slots, misses);
  std::vector<std::array<std::uint32_t, wanted_per_event>> ids;
  for (std::size_t n = 0; n < cycle.size(); ++n) {
    auto& one = ids.emplace_back();
    for (std::uint32_t i = 0; i < wanted_per_event; ++i) one[i] = number(cycle[n][i].expert);
  }
  hand_written_lru<Order> lru(experts_for(slots), slots, bench_expert_bytes);
  std::size_t at = 0;
  const auto serve_next = [&] {
    if (++at == ids.size()) at = 0;
    lru.begin(ids[at]);
    for (typename hand_written_lru<Order>::handed expert{}; lru.next(expert);) {
      benchmark::DoNotOptimize(expert.offset);
      lru.give_back(expert);
    }
    lru.end();
  };
  measure_events(state, ids.size(), serve_next, [&]() -> std::array<std::uint64_t, 3> { return {lru.events, lru.misses, lru.evictions}; });
}

}  // namespace

int main(int argc, char** argv) {
  const auto sized = [](const char* name, auto* function, bool misses, std::vector<std::int64_t> slots) {
    for (const std::int64_t n : slots) benchmark::RegisterBenchmark(name, function, misses)->Arg(n);
  };
  sized("hits/hand_written_array", hand_written_event<scanned_order>, false, {32, 64, 1000, 10'000});
  sized("hits/hand_written_list", hand_written_event<linked_order>, false, {32, 64, 1000, 10'000});
  sized("hits/lru", residency_event<eviction::lru>, false, {32, 64, 1000, 10'000});
  sized("hits/lru_counters_published", residency_event<eviction::lru, true>, false, {32});
  sized("hits/lrfu", residency_event<eviction::lrfu>, false, {32, 64});
  sized("misses/hand_written_array", hand_written_event<scanned_order>, true, {32, 64, 1000, 10'000});
  sized("misses/hand_written_list", hand_written_event<linked_order>, true, {32, 64, 1000, 10'000});
  sized("misses/lru", residency_event<eviction::lru>, true, {32, 64, 1000, 10'000});
  sized("misses/lru_counters_published", residency_event<eviction::lru, true>, true, {32});
  sized("misses/fifo", residency_event<eviction::fifo>, true, {32, 64, 1000, 10'000});
  sized("misses/lrfu", residency_event<eviction::lrfu>, true, {32, 64, 1000, 10'000});
  sized("misses/lfu", residency_event<eviction::lfu>, true, {32, 64, 1000, 10'000});
  sized("misses/random", residency_event<eviction::random>, true, {32, 64, 1000, 10'000});
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
