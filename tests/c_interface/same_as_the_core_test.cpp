// SPDX-License-Identifier: MIT
// The C interface decides nothing: the core itself, driven with the same events and policies, hands out the same seats.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/admission/frequency_contest.hpp>
#include <moesaic/admission/reaches_threshold.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/core/routing.hpp>
#include <moesaic/eviction/below_threshold.hpp>
#include <moesaic/eviction/forecast.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/placement/balanced_host.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prediction/transition_counts.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/decayed_frequency.hpp>
#include <moesaic/systems/catalogue.hpp>

#include "engine_bench.hpp"
#include "support/splitmix.hpp"

namespace {
using namespace moesaic_test;

/// c_transport, as the core wants a transport.
struct cpp_transport {
  std::vector<moesaic::transfer> open{};
  std::int64_t clock = 0;
  std::uint32_t capacity() const noexcept { return 4; }
  void submit(const moesaic::transfer& what) noexcept { open.push_back(what); }
  std::uint32_t poll(std::span<moesaic::completion> out) noexcept {
    std::uint32_t told = 0;
    for (; told < out.size() && !open.empty(); open.pop_back()) out[told++] = {open.back().number, moesaic::transfer_status::arrived, open.back().size, 0};
    return told;
  }
  std::uint32_t wait(std::span<moesaic::completion> out) noexcept { return poll(out); }
  bool cancel(moesaic::ticket which) noexcept {
    return std::erase_if(open, [=](const moesaic::transfer& t) { return t.number == which; }) > 0;
  }
  moesaic::link_cost cost() const noexcept { return {{}, {1e9}}; }
  moesaic::nanoseconds now() noexcept { return {clock += 1000}; }
};
struct many_knobs {
  moesaic::group_per_layer groups{};
  moesaic::scoring::decayed_frequency scoring{.half_life = 9};
  moesaic::eviction::lrfu eviction{.half_life = 7};
  moesaic::admission::frequency_contest admission{.half_life = 5};
  moesaic::prediction::transition_counts prediction{};
  moesaic::prefetch::most_useful prefetch{.in_flight = 2};
  moesaic::placement::fetch placement{};
};
/// What a system on demand becomes when its eviction and admission go by scores: somebody has to score.
struct by_threshold {
  moesaic::group_per_layer groups{};
  moesaic::scoring::decayed_frequency scoring{};
  moesaic::eviction::below_threshold eviction{};
  moesaic::admission::reaches_threshold admission{};
  moesaic::prediction::none prediction{};
  moesaic::prefetch::none prefetch{};
  moesaic::placement::balanced_host placement{.host = {1e6}, .device = {1e9}};
};
/// moe_spac with an eviction that reads the forecast, of which there is none.
struct without_forecast {
  moesaic::one_group groups{};
  moesaic::scoring::hysteresis scoring = moesaic::systems::moe_spac{}.scoring;
  moesaic::eviction::forecast eviction{};
  moesaic::admission::reaches_threshold admission{};
  moesaic::prediction::none prediction{};
  moesaic::prefetch::utility_levels prefetch = moesaic::systems::moe_spac{}.prefetch;
  moesaic::placement::fetch placement{};
};

std::uint64_t plain(std::uint64_t count) { return count; }
std::uint64_t plain(moesaic::bytes amount) { return amount.count; }
/// The counters that both have by the same names, and the time.
template <class Counters>
std::array<std::uint64_t, 16> counted(const Counters& n, std::int64_t stalled) {
  return {n.events,
          n.accesses,
          n.hits,
          n.misses,
          n.evictions,
          n.bypasses,
          n.host,
          n.prefetches,
          n.prefetch_used,
          n.prefetch_late,
          n.prefetch_wasted,
          n.failed,
          plain(n.bytes_demanded),
          plain(n.bytes_prefetched),
          plain(n.bytes_host),
          static_cast<std::uint64_t>(stalled)};
}

/// Drives a cache made of the engine's options and a core made of the bundle with the same random events, and holds every seat of
/// one against the other. Answers what both counted.
template <class Bundle>
moesaic::counters same_seats(c_engine& engine, Bundle policies, std::uint64_t steps) {
  engine.options.flags |= MOESAIC_HOST_POSSIBLE;
  const made_cache made(&engine.options);
  REQUIRE(made.status == MOESAIC_OK);

  const auto shape = moesaic::model_shape::uniform(3, 8, 2, {100});
  REQUIRE(shape);
  std::vector<std::byte> memory(128 * 10);
  auto core = moesaic::residency<cpp_transport, Bundle>::create(
      *shape, {}, std::move(policies), {.budget = {{128 * 10}, 2}, .footprint = moesaic::footprint_of(*shape, {64}), .memory = memory, .host_possible = true});
  REQUIRE(core);
  moesaic::demand_collector demands(8);

  splitmix random{4};
  for (std::uint64_t step = 0; step < steps; ++step)
    for (std::uint32_t l = 0; l < 3; ++l) {
      const std::uint32_t tokens = 1 + random.below(3);
      std::vector<std::int32_t> routes;
      std::vector<moesaic::expert_index> same;
      std::vector<float> weights;
      for (std::uint32_t i = 0; i < tokens * 2; ++i) {
        routes.push_back(static_cast<std::int32_t>((random.below(5) * random.below(3) + step / 500) % 8));
        same.push_back(static_cast<moesaic::expert_index>(routes.back()));
        weights.push_back(0.25F * static_cast<float>(1 + random.below(4)));
      }
      auto event = event_of(l, step, routes);
      event.tokens = tokens;
      event.k = 2;
      event.weights = weights.data();
      moesaic_lease lease = 0;
      REQUIRE(moesaic_acquire(made.cache, &event, &lease) == MOESAIC_OK);

      moesaic::layer_event told{.step = {step}, .first_token = {step}, .layer = static_cast<moesaic::layer_index>(l)};
      told.tokens = tokens;
      told.routes = same;
      told.weights = weights;
      told.wanted = demands.collect({.tokens = tokens, .k = 2, .experts = same, .weights = weights});
      auto held = core->acquire(told);
      REQUIRE(held);
      for (;;) {
        auto seat = sized<moesaic_seat>();
        const moesaic_status status = moesaic_next(made.cache, lease, &seat);
        const auto expected = held->next();
        REQUIRE(expected);
        REQUIRE((status == MOESAIC_OK) == expected->has_value());
        if (status != MOESAIC_OK) break;
        REQUIRE(seat.expert == number((*expected)->expert.expert));
        REQUIRE(seat.where == static_cast<std::uint32_t>((*expected)->at));
        if (seat.address != nullptr) REQUIRE(seat.offset == static_cast<std::uint64_t>((*expected)->address - memory.data()));
        REQUIRE(moesaic_release(made.cache, lease, seat.entry, 0) == MOESAIC_OK);
        held->release(**expected);
      }
      REQUIRE(moesaic_end(made.cache, lease) == MOESAIC_OK);
      held->end();
      REQUIRE(moesaic_pump(made.cache) == MOESAIC_OK);
      core->pump();
    }
  auto count = sized<moesaic_counters>();
  REQUIRE(moesaic_count(made.cache, &count) == MOESAIC_OK);
  CHECK(counted(count, count.stall_ns) == counted(core->count(), core->count().stall.count));
  return core->count();
}

TEST_CASE("20,000 random events: the same seats, places and counters") {
  c_engine engine;
  engine.options.eviction = "lrfu(7)";
  engine.options.admission = "frequency_contest(5)";
  engine.options.scoring = "decayed_frequency(9)";
  engine.options.prediction = "transition_counts";
  engine.options.prefetch = "most_useful(in_flight=2)";
  engine.options.scope = "layer";
  const moesaic::counters n = same_seats(engine, many_knobs{}, 6'700);
  CHECK(n.prefetch_used > 0);
  CHECK(n.bypasses > 0);
}

TEST_CASE_TEMPLATE("a system by its name is the bundle of that name", System, moesaic::systems::on_demand, moesaic::systems::prefetching,
                   moesaic::systems::host_assisted, moesaic::systems::moe_spac, moesaic::systems::mixtral_offloading, moesaic::systems::moe_infinity) {
  c_engine engine;
  engine.options.system = System::described.name.data();
  CHECK(same_seats(engine, System{}, 300).hits > 0);
}

TEST_CASE("whoever reads scores and is named alone gets a scorer, as in the programs") {
  c_engine engine;
  engine.options.eviction = "below_threshold";
  engine.options.admission = "reaches_threshold";
  engine.options.placement = "balanced_host(host=1,device=1000)";
  const moesaic::counters n = same_seats(engine, by_threshold{}, 300);
  CHECK(n.host > 0);
  CHECK(n.hits > 0);
}

TEST_CASE("a system that prefetches without a forecast keeps it so") {
  c_engine engine;
  engine.options.system = "moe_spac";
  engine.options.eviction = "forecast";
  engine.options.placement = "fetch";
  CHECK(same_seats(engine, without_forecast{}, 300).evictions > 0);
}

}  // namespace
