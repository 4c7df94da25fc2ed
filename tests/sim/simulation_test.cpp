// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/placement/host.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/sim/simulation.hpp>
#include <moesaic/speculation/fixed.hpp>

using namespace moesaic;
using namespace moesaic::sim;

namespace {

template <class Placement = placement::fetch>
struct bundle {
  group_per_layer groups;
  scoring::none scoring;
  eviction::lru eviction;
  admission::forced admission;
  prediction::none prediction;
  prefetch::none prefetch;
  Placement placement;
  speculation::fixed speculation;
};

/// One layer of four experts, top-1; one text.
routing_tape text(std::vector<std::uint16_t> experts, std::uint32_t batch = 0) {
  routing_tape tape({1, 4, 1});
  REQUIRE(tape.add({.tokens = static_cast<std::uint32_t>(experts.size()), .experts = experts, .weights = {}, .batch = batch, .recorded = {}}));
  return tape;
}

/// Pass 5, layer 20, expert 100 + 10 for each further token (of 1000 bytes), a link of 7 + a nanosecond a byte.
machine paper() {
  machine m;
  m.name = "paper";
  m.pass = time_table(nanoseconds{5});
  m.layer = time_table(nanoseconds{20});
  m.expert = {*time_table::of({{1, {100}}, {2, {110}}}), {1000}};
  m.links = {{{{7}, {1e9}}, {}}};
  m.draft = time_table(nanoseconds{3});
  return m;
}

model_shape shape() { return *model_shape::uniform(1, 4, 1, {1000}); }

}  // namespace

TEST_CASE("time is what the machine says: passes, layers, experts, and waits for the link") {
  const auto run = simulate(shape(), text({0, 0, 1, 0}), paper(), bundle<>{}, {.budget = {{4000}, 2}});  // two frames, two slots
  REQUIRE(run);
  const simulated_run::part& all = run->one_by_one;
  CHECK(all.count.events == 4);
  CHECK(all.count.misses == 2);
  CHECK(all.count.hits == 2);
  CHECK(all.tokens == 4);
  CHECK(all.count.stall == nanoseconds{2 * 1007});
  CHECK(all.took == nanoseconds{4 * (5 + 20 + 100) + 2 * 1007});
  CHECK(run->worked.device == nanoseconds{4 * 125});
  CHECK(run->links.at(0).busy == nanoseconds{2 * 1007});
  CHECK(run->links.at(0).moved == bytes{2000});
  CHECK(run->in_passes.tokens == 0);
}

TEST_CASE("a batch of the trace is one pass, and shares its experts") {
  const auto run = simulate(shape(), text({0, 0, 1, 0}, 1), paper(), bundle<>{}, {.budget = {{4000}, 2}});
  REQUIRE(run);
  CHECK(run->one_by_one.tokens == 0);
  CHECK(run->in_passes.tokens == 4);
  CHECK(run->in_passes.count.events == 1);
  CHECK(run->in_passes.count.accesses == 2);
  // Expert 0 for three tokens while expert 1 travels behind it: 5 + 20, wait 1007, compute 120, wait the rest of 1007, compute 100.
  CHECK(run->in_passes.took == nanoseconds{25 + 1007 + 1007 + 100});
}

TEST_CASE("what the host computes beside the device costs only what the device has to wait for") {
  machine m = paper();
  m.host = host_lane{{time_table(nanoseconds{300}), {1000}}, true, false};
  const auto beside = simulate(shape(), text({0, 1}), m, bundle<placement::host>{}, {.budget = {{4000}, 2}});
  REQUIRE(beside);
  CHECK(beside->one_by_one.count.host == 2);
  CHECK(beside->one_by_one.took == nanoseconds{2 * (25 + 300)});
  CHECK(beside->worked.awaited == nanoseconds{600});
  m.host->through_link = true;
  m.host->beside_device = false;
  const auto in_turn = simulate(shape(), text({0, 1}), m, bundle<placement::host>{}, {.budget = {{4000}, 2}});
  REQUIRE(in_turn);
  CHECK(in_turn->one_by_one.took == nanoseconds{2 * (25 + 1007 + 300)});
}

TEST_CASE("a perfect drafter commits what it drafts, and a useless one costs what it drafts") {
  const routing_tape tape = text({0, 0, 0, 0, 0, 0});
  bundle<> policies;
  policies.speculation.length = {2};
  const auto right = simulate(shape(), tape, paper(), policies, {.budget = {{4000}, 2}, .drafter = {.acceptance = 1}});
  REQUIRE(right);
  CHECK(right->one_by_one.tokens == 6);
  CHECK(right->windows == 2);
  CHECK(right->drafted == 4);
  CHECK(right->accepted == 4);
  CHECK(right->one_by_one.count.events == 2);
  CHECK(right->worked.drafting == nanoseconds{12});
  CHECK(right->one_by_one.took == nanoseconds{2 * (6 + 5 + 20 + 120) + 1007});
  const auto wrong = simulate(shape(), tape, paper(), policies, {.budget = {{4000}, 2}, .drafter = {.acceptance = 0}});
  REQUIRE(wrong);
  CHECK(wrong->one_by_one.tokens == 6);
  CHECK(wrong->accepted == 0);
  CHECK(wrong->drafted == 2 * 4 + 1);  // a window does not pass the end of the text
  CHECK(wrong->windows == 5);
}

TEST_CASE("a run can be stopped, and says how far it came") {
  std::uint32_t asked = 0;
  const auto run = simulate(shape(), text({0, 0, 1, 0}), paper(), bundle<>{}, {.budget = {{4000}, 2}}, [&](std::uint32_t) { return ++asked <= 2; });
  REQUIRE(run);
  CHECK(run->one_by_one.tokens == 2);
}

TEST_CASE("a budget below the floor is the residency's own sentence") {
  const auto run = simulate(shape(), text({0}), paper(), bundle<>{}, {.budget = {{999}, 2}});
  REQUIRE_FALSE(run);
  CHECK(run.error().sentence().find("floor of 1000 bytes") != std::string_view::npos);
}
