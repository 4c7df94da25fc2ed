// SPDX-License-Identifier: MIT
// Transports that fail, and callbacks that keep no contract.
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "engine_bench.hpp"

namespace {
using namespace moesaic_test;

constexpr std::array<std::array<std::int32_t, 2>, 5> routes_of_steps{{{0, 5}, {5, 1}, {7, 0}, {3, 4}, {0, 5}}};

/// 15 events; how many of them failed, each with TRANSFER_FAILED and a sentence.
int run_some(moesaic_cache* cache, std::uint64_t from_step) {
  int failed = 0;
  for (std::uint64_t step = 0; step < routes_of_steps.size(); ++step)
    for (std::uint32_t l = 0; l < 3; ++l) {
      const std::vector<std::int32_t> routes(routes_of_steps[step].begin(), routes_of_steps[step].end());
      const moesaic_status s = run_event(cache, event_of(l, from_step + step, routes));
      if (s == MOESAIC_OK) continue;
      REQUIRE(s == MOESAIC_TRANSFER_FAILED);
      CHECK(says(last_sentence(cache), "did not arrive"));
      ++failed;
    }
  return failed;
}

TEST_CASE("the n-th submission fails, for every n until none does: one expert is missing, once") {
  std::uint64_t told = 0;
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    REQUIRE(n < 1000);
    c_engine engine;
    engine.options.prefetch = "most_useful";
    engine.link.fail_at = n;
    const made_cache made(&engine.options);
    REQUIRE(made.status == MOESAIC_OK);
    const int failed = run_some(made.cache, 0);
    const bool reached = engine.link.submitted >= n;
    CHECK(failed <= 1);  // a prefetch that fails is nobody's failure
    auto count = sized<moesaic_counters>();
    REQUIRE(moesaic_count(made.cache, &count) == MOESAIC_OK);
    CHECK(count.failed == engine.link.failures);
    told += engine.link.failures;
    CHECK(count.accesses == count.hits + count.prefetch_late + count.misses);
    CHECK(run_some(made.cache, 5) == 0);  // the same again, and nothing is left of the failure
    auto memory = sized<moesaic_memory>();
    REQUIRE(moesaic_memory_use(made.cache, &memory) == MOESAIC_OK);
    CHECK(memory.peak_total <= memory.budget);
    if (!reached) break;
  }
  CHECK(told > 20);
}

TEST_CASE("a callback that calls its own cache is turned away") {
  c_engine engine;
  moesaic_cache* cache = nullptr;
  std::vector<moesaic_status> answers;
  engine.link.on_submit = [&] {
    moesaic_cache* copy = cache;
    answers.push_back(moesaic_pump(cache));
    answers.push_back(moesaic_destroy(&copy));
  };
  const made_cache made(&engine.options);
  cache = made.cache;
  CHECK(run_event(cache, event_of(0, 0, {1, 2})) == MOESAIC_OK);
  REQUIRE(answers.size() == 4);
  for (const moesaic_status s : answers) CHECK(s == MOESAIC_BUSY);
  engine.link.on_submit = nullptr;
  CHECK(run_event(cache, event_of(1, 0, {1, 2})) == MOESAIC_OK);
}

TEST_CASE("completions that nobody waits for change nothing") {
  c_engine engine;
  static bool lies = true;
  lies = true;
  const moesaic_transport honest = engine.link.table();
  static auto poll = honest.poll;
  poll = honest.poll;
  engine.table.poll = [](void* user, moesaic_completion* out, std::uint32_t room) -> std::uint32_t {
    lies = !lies;
    if (lies) return poll(user, out, room);
    for (std::uint32_t i = 0; i < room; ++i) out[i] = {1000 + i, ~std::uint64_t{}, MOESAIC_ARRIVED, 0};
    return room + 1000;  // more than there was room for
  };
  const made_cache made(&engine.options);
  CHECK(run_some(made.cache, 0) == 0);
  auto count = sized<moesaic_counters>();
  REQUIRE(moesaic_count(made.cache, &count) == MOESAIC_OK);
  CHECK(count.bytes_demanded == (count.misses) * 128);
}

TEST_CASE("a transport that has lost its tickets fails, and does not hang") {
  c_engine engine;
  engine.table.poll = [](void*, moesaic_completion*, std::uint32_t) -> std::uint32_t { return 0; };
  SUBCASE("it says that nothing is open") {
    engine.table.wait = [](void*, moesaic_completion*, std::uint32_t) -> std::uint32_t { return 0; };
  }
  SUBCASE("it reports strangers only") {
    engine.table.wait = [](void*, moesaic_completion* out, std::uint32_t) -> std::uint32_t {
      out[0] = {77777, 0, MOESAIC_ARRIVED, 0};
      return 1;
    };
  }
  SUBCASE("it refuses with a status that does not exist") {
    engine.table.wait = [](void* user, moesaic_completion* out, std::uint32_t) -> std::uint32_t {
      auto& me = *static_cast<c_transport*>(user);
      if (me.open.empty()) return 0;
      out[0] = {me.open.back().ticket, 0, 12345, 0};
      me.open.pop_back();
      return 1;
    };
  }
  engine.table.cancel = nullptr;
  const made_cache made(&engine.options);
  CHECK(run_event(made.cache, event_of(0, 0, {1, 2})) == MOESAIC_TRANSFER_FAILED);
  CHECK(says(last_sentence(made.cache), "refused"));
  auto memory = sized<moesaic_memory>();
  REQUIRE(moesaic_memory_use(made.cache, &memory) == MOESAIC_OK);
  CHECK(memory.in_use == 0);
}

TEST_CASE("a clock that goes back stands still") {
  c_engine engine;
  engine.options.prefetch = "most_useful";
  engine.table.now = [](void* user) -> std::int64_t {
    std::int64_t& clock = static_cast<c_transport*>(user)->clock;
    clock = clock == 0 ? INT64_MAX : clock == INT64_MAX ? INT64_MIN : 0;
    return clock;
  };
  const made_cache made(&engine.options);
  CHECK(run_some(made.cache, 0) == 0);
  auto count = sized<moesaic_counters>();
  REQUIRE(moesaic_count(made.cache, &count) == MOESAIC_OK);
  CHECK(count.stall_ns >= 0);
}

TEST_CASE("a cache with leases and open transfers can be destroyed") {
  c_engine engine;
  made_cache made(&engine.options);
  const std::vector<std::int32_t> all{0, 1, 2, 3, 4, 5, 6, 7};
  const auto first = event_of(0, 0, all), second = event_of(1, 0, all);
  moesaic_lease a = 0, b = 0;
  REQUIRE(moesaic_acquire(made.cache, &first, &a) == MOESAIC_OK);
  REQUIRE(moesaic_acquire(made.cache, &second, &b) == MOESAIC_OK);
  CHECK(moesaic_destroy(&made.cache) == MOESAIC_OK);
  CHECK(engine.link.open.empty());
}

TEST_CASE("without a release nothing more can arrive, and that is said") {
  c_engine engine;
  engine.options.budget = 128;  // one frame
  const made_cache made(&engine.options);
  REQUIRE(made.status == MOESAIC_OK);
  const std::vector<std::int32_t> routes{3, 6};
  const auto event = event_of(0, 0, routes);
  moesaic_lease lease = 0;
  REQUIRE(moesaic_acquire(made.cache, &event, &lease) == MOESAIC_OK);
  auto one = sized<moesaic_seat>(), other = sized<moesaic_seat>();
  REQUIRE(moesaic_next(made.cache, lease, &one) == MOESAIC_OK);
  CHECK(one.where == MOESAIC_IN_FRAME);
  CHECK(moesaic_next(made.cache, lease, &other) == MOESAIC_RELEASE_FIRST);
  CHECK(moesaic_release(made.cache, lease, one.entry, 0) == MOESAIC_OK);
  CHECK(moesaic_next(made.cache, lease, &other) == MOESAIC_OK);
  CHECK(other.expert == 9 - one.expert);
}

}  // namespace
