// SPDX-License-Identifier: MIT
// A monitor reads the counters of an engine that goes on decoding in a thread of its own.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/transport/simulated.hpp>

namespace {

struct policies {
  moesaic::group_per_layer groups;
  moesaic::scoring::none scoring;
  moesaic::eviction::lru eviction;
  moesaic::admission::forced admission;
  moesaic::prediction::none prediction;
  moesaic::prefetch::none prefetch;
  moesaic::placement::fetch placement;
};
using expert_cache = moesaic::residency<moesaic::transports::simulated<>, policies>;

// [create]
moesaic::result<expert_cache> make_cache(const moesaic::model_shape& shape, moesaic::published<moesaic::counters>& numbers) {
  const moesaic::bytes budget = shape.largest() * 34;
  return expert_cache::create(shape, moesaic::transports::simulated<>(), {}, {.budget = {budget}, .published_counters = &numbers});
}
// [/create]

/// 5,000 steps of four layers that each want two of sixteen experts.
std::uint64_t run(expert_cache& cache) {
  std::uint64_t failed = 0;
  for (std::uint64_t step = 0; step < 5'000; ++step)
    for (std::uint32_t l = 0; l < 4; ++l) {
      const auto first = static_cast<std::uint32_t>((step * 7 + l) % 15);
      const std::vector<moesaic::demand> wanted{{moesaic::expert_index(first), 1, {}}, {moesaic::expert_index(first + 1), 1, {}}};
      moesaic::layer_event event;
      event.step = {step};
      event.first_token = {step};
      event.layer = moesaic::layer_index(l);
      event.wanted = wanted;
      auto lease = cache.acquire(event);
      if (!lease) return failed + 1;
      for (auto seat = lease->next(); seat && *seat; seat = lease->next()) lease->release(**seat);
    }
  return failed;
}

TEST_CASE("counters are read while the engine runs: whole, never back, and at the end all of it") {
  const auto shape = moesaic::model_shape::uniform(4, 16, 2, {100});
  REQUIRE(shape);
  moesaic::published<moesaic::counters> numbers;  // before the cache, because it outlives it
  auto cache = make_cache(*shape, numbers);
  REQUIRE(cache);

  std::atomic<bool> over{false};
  std::uint64_t failed = 0;
  std::thread engine([&] {
    failed = run(*cache);
    over.store(true);
  });
  std::uint64_t torn = 0, back = 0;
  moesaic::counters before;
  while (!over.load()) {
    // [read]
    const moesaic::counters now = numbers.read();  // any thread, at any time; the engine is not held up
    const moesaic::counters lately = now.since(before);
    const double hit_ratio = lately.accesses == 0 ? 1 : static_cast<double>(lately.hits) / static_cast<double>(lately.accesses);
    // [/read]
    torn += now.accesses != now.hits + now.prefetch_late + now.misses || now.accesses != 2 * now.events || hit_ratio > 1 ? 1 : 0;
    back += now.events < before.events ? 1 : 0;
    before = now;
  }
  engine.join();
  CHECK(failed == 0);
  CHECK(torn == 0);
  CHECK(back == 0);
  CHECK(numbers.read() == cache->count());
  CHECK(cache->count().events == 20'000);
  CHECK(numbers.times() == 20'000);
}

TEST_CASE("the end of a step is published, too: what a prefetch of it did is counted") {
  const auto shape = moesaic::model_shape::uniform(4, 16, 2, {100});
  REQUIRE(shape);
  moesaic::published<moesaic::counters> numbers;
  auto cache = make_cache(*shape, numbers);
  REQUIRE(cache);
  CHECK(numbers.times() == 0);
  cache->end_step({});
  CHECK(numbers.times() == 1);
}

}  // namespace
