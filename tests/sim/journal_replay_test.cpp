// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <moesaic/eviction/lfu.hpp>
#include <moesaic/sim/journal_replay.hpp>

#include "cache/residency_fixture.hpp"
#include "trace/journal_run.hpp"

// Whole runs are replayed in tests/integration/journal_replay_test.cpp; here is what a replay says of journals that no run wrote.
using namespace moesaic;

namespace {
using writer = journal_run::writer;
using reader = journal_run::reader;
using policies = residency_fixture::bundle<group_per_layer, admission::forced, eviction::lfu>;

struct watched : policies {
  watched_by<writer> witness;
};

std::vector<std::byte> journal_of(bool decisions, auto play) {
  std::vector<std::byte> file;
  auto to = writer::open(trace::memory_sink(file), journal_run::about(), decisions);
  REQUIRE(to);
  auto made = residency<transports::instant<>, watched>::create(journal_run::shape(), transports::instant<>(), watched{{}, {&*to}}, {.budget = {{1'000}, 2}});
  REQUIRE(made);
  play(*made, *to);
  REQUIRE(to->finish(made->count()));
  return file;
}
result<sim::journal_replayed> replay(const std::vector<std::byte>& file) {
  auto from = reader::open(trace::memory_source("r.journal", file));
  REQUIRE(from);
  return sim::replay_journal(*from, policies{});
}
void one_event(auto& core, std::uint64_t step, std::vector<std::uint32_t> experts) {
  const residency_fixture::event_of event(step, 1, std::move(experts));
  auto held = core.acquire(event);
  REQUIRE(held);
  (void)residency_fixture::drain(*held);
}
}  // namespace

TEST_CASE("a replay counts what it made again") {
  for (const bool decisions : {true, false}) {
    const auto file = journal_of(decisions, [](auto& core, auto&) {
      for (std::uint64_t step = 0; step < 5; ++step) {
        one_event(core, step, {0, 2, static_cast<std::uint32_t>(3 + step % 3)});
        core.end_step({.step = {step}, .committed = {1}});
      }
    });
    const auto done = replay(file);
    REQUIRE_MESSAGE(done, (done ? std::string() : std::string(done.error().sentence())));
    CHECK(done->steps == 5);
    CHECK(done->events == 5);
    CHECK(done->compared == decisions);
    CHECK(done->count.accesses == 15);
    CHECK(done->decisions > 40);
  }
}

TEST_CASE("an engine that waited for its prefetches is replayed so") {
  struct filling : residency_fixture::prefetching_bundle {
    watched_by<writer> witness;
  };
  std::vector<expert_id> wishes;
  std::vector<std::pair<expert_id, prefetch_fate>> fates;
  const auto ask = [&] {
    wishes.clear();
    for (std::uint32_t e = 0; e < 6; ++e) wishes.push_back(make_expert(1, e));
  };
  std::vector<std::byte> file;
  auto to = writer::open(trace::memory_sink(file), journal_run::about(), true);
  REQUIRE(to);
  filling recorded{{}, {&*to}};
  recorded.prefetch = {&wishes, &fates};
  auto made = residency<transports::simulated<>, filling>::create(journal_run::shape(), transports::simulated<>(), recorded, {.budget = {{1'000}, 2}});
  REQUIRE(made);
  ask();
  made->pump_until_quiet();
  one_event(*made, 0, {0, 2, 5});
  CHECK(made->count().prefetches > 2);
  REQUIRE(to->finish(made->count()));

  ask();
  residency_fixture::prefetching_bundle again;
  again.prefetch = {&wishes, &fates};
  auto from = reader::open(trace::memory_source("r.journal", file));
  REQUIRE(from);
  const auto done = sim::replay_journal(*from, again);
  REQUIRE_MESSAGE(done, (done ? std::string() : std::string(done.error().sentence())));
  CHECK(done->count.prefetches == made->count().prefetches);
}

TEST_CASE("calls that no engine can make end the replay with a sentence") {
  const auto refused = [](auto... records) {
    const auto file = journal_of(true, [&](auto&, auto& to) { (to.note(records), ...); });
    const auto done = replay(file);
    REQUIRE_FALSE(done);
    return std::string(done.error().sentence());
  };
  CHECK(refused(seen::lease_call{seen::lease_call::kind::next, 1}).find("calls a lease that is not alive") != std::string::npos);
  CHECK(refused(seen::release{0, 0, {}}).find("releases something of a lease that is not alive") != std::string::npos);
  CHECK(refused(seen::budget_change{{1}}).find("a budget of 1 bytes is below") != std::string::npos);
  CHECK(refused(seen::governor_told{}).find("tells a governor, and these policies have none") != std::string::npos);
  CHECK(refused(seen::governor_asked{}).find("these policies have none") != std::string::npos);
  CHECK(refused(seen::held_back{}).find("'the wish waits', which does not happen now") != std::string::npos);
  CHECK(refused(seen::clock{{5}}).find("which does not happen now") != std::string::npos);
}

TEST_CASE("a header that describes no residency is said to") {
  std::vector<std::byte> file;
  auto to = writer::open(trace::memory_sink(file), journal_run::about());
  REQUIRE(to);
  journal_run::made_of all;
  seen::made small = all.told();
  small.budget = {10};
  to->note(small);
  REQUIRE(to->finish({}));
  const auto done = replay(file);
  REQUIRE_FALSE(done);
  CHECK(done.error().sentence().find("r.journal: its header describes no residency that could be: a budget of 10 bytes") == 0);
}
