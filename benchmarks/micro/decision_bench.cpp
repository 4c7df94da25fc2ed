// SPDX-License-Identifier: MIT
// What one event costs to decide: 8 of 128 experts, from acquire to the end of the lease, on a transport that costs nothing.
// `hits`: all are resident. `misses`: 4 of 8 have to evict. The argument is the number of slots. To be compared with the
// hand-written array LRU of the same run (gate: 2 ×); the one with links shows what is left to gain.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/moesaic.hpp>

#include "hand_written_lru.hpp"

using namespace moesaic;

namespace {

/// `published`: a bundle, and so a residency, of its own. Two users of one would share its functions, and g++ inlines what has
/// one caller only; that alone is worth 100 ns here.
template <class Eviction, bool published = false>
struct bundle {
  one_group groups{};
  scoring::none scoring{};
  Eviction eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  placement::fetch placement{};
};

constexpr std::uint32_t wanted_per_event = 8;
constexpr std::uint64_t expert_bytes = 1000;

/// A cycle of events. With 4 misses each: four experts that stay, and four of a rotation one longer than the slots hold.
std::vector<std::array<demand, wanted_per_event>> events(std::uint32_t experts, std::uint32_t slots, bool misses) {
  std::vector<std::array<demand, wanted_per_event>> cycle;
  const std::uint32_t rotating = misses ? (slots / 4 + 1) * 4 : 4;
  (void)experts;
  for (std::uint32_t from = 0; from < rotating; from += 4) {
    std::array<demand, wanted_per_event> event{};
    for (std::uint32_t i = 0; i < 4; ++i) event[i] = {static_cast<expert_index>(i), 1, {}};
    for (std::uint32_t i = 0; i < 4; ++i) event[4 + i] = {static_cast<expert_index>(4 + from + i), 1, {}};
    cycle.push_back(event);
  }
  return cycle;
}

std::uint32_t experts_for(std::uint32_t slots) { return slots <= 120 ? 128 : slots + 16; }

template <class Eviction, bool published = false>
void residency_event(benchmark::State& state, bool misses) {
  const auto slots = static_cast<std::uint32_t>(state.range(0));
  const auto cycle = events(experts_for(slots), slots, misses);
  moesaic::published<counters> numbers;
  auto made = residency<transports::instant<>, bundle<Eviction, published>>::create(
      *model_shape::uniform(1, experts_for(slots), wanted_per_event, {expert_bytes}), transports::instant<>(16), {},
      {.budget = {{(slots + 2) * expert_bytes}, 2}, .published_counters = published ? &numbers : nullptr});
  std::uint64_t step = 0;
  const auto one = [&] {
    layer_event event;
    event.step = {step / 32};  // as in a model of 32 layers
    event.first_token = {step / 32};
    event.wanted = cycle[step % cycle.size()];
    ++step;
    auto held = made->acquire(event);
    for (;;) {
      const auto next = held->next();
      if (!*next) break;
      benchmark::DoNotOptimize((**next).entry);
      held->release(**next);
    }
  };
  for (std::size_t i = 0; i < 3 * cycle.size(); ++i) one();
  const counters before = made->count();
  for (auto _ : state) one();
  const counters spent = made->count().since(before);
  state.counters["misses_per_event"] = static_cast<double>(spent.misses) / static_cast<double>(spent.events);
  state.counters["evictions_per_event"] = static_cast<double>(spent.evictions) / static_cast<double>(spent.events);
}

template <class Order>
void hand_written_event(benchmark::State& state, bool misses) {
  const auto slots = static_cast<std::uint32_t>(state.range(0));
  const auto cycle = events(experts_for(slots), slots, misses);
  std::vector<std::array<std::uint32_t, wanted_per_event>> ids;
  for (const auto& event : cycle) {
    auto& one = ids.emplace_back();
    for (std::uint32_t i = 0; i < wanted_per_event; ++i) one[i] = number(event[i].expert);
  }
  hand_written_lru<Order> lru(experts_for(slots), slots, expert_bytes);
  std::uint64_t step = 0;
  const auto one = [&] {
    lru.begin(ids[step++ % ids.size()]);
    for (typename hand_written_lru<Order>::handed expert{}; lru.next(expert);) {
      benchmark::DoNotOptimize(expert.offset);
      lru.give_back(expert);
    }
    lru.end();
  };
  for (std::size_t i = 0; i < 3 * ids.size(); ++i) one();
  const std::uint64_t missed = lru.misses, evicted = lru.evictions, begun = step;
  for (auto _ : state) one();
  state.counters["misses_per_event"] = static_cast<double>(lru.misses - missed) / static_cast<double>(step - begun);
  state.counters["evictions_per_event"] = static_cast<double>(lru.evictions - evicted) / static_cast<double>(step - begun);
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
