// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <type_traits>
#include <utility>

#include <moesaic/admission/forced.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/random.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/transition_counts.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/decayed_frequency.hpp>
#include <moesaic/sim/metered.hpp>
#include <moesaic/transport/simulated.hpp>

#include "past_windows.hpp"

using namespace moesaic;

namespace {

template <class Eviction, class Prefetch>
struct bundle {
  group_per_layer groups{};
  scoring::decayed_frequency scoring{};
  Eviction eviction;
  admission::forced admission{};
  prediction::transition_counts prediction{};
  Prefetch prefetch{};
  placement::fetch placement{};
};

template <class Eviction, class Prefetch, class Look>
void run(Eviction eviction, Look look) {
  const model_shape shape = *model_shape::uniform(3, 16, 4, {1'000});
  using core = residency<transports::simulated<>, bundle<Eviction, Prefetch>>;
  auto cache = core::create(shape, transports::simulated<>(), {.eviction = std::move(eviction)}, {.budget = {{1'000 * (18 + 2)}, 2}});
  REQUIRE(cache);
  moesaic_test::splitmix dice{5};
  for (const auto& event : moesaic_test::random_events(dice, 3, 16, 200)) {
    moesaic_test::hear(event, [&](const layer_event& e) {
      auto held = cache->acquire(e);
      REQUIRE(held);
      for (auto s = held->next(); s && *s; s = held->next()) held->release(**s);
      held->end();
      cache->pump();
    });
  }
  look(*cache);
}

TEST_CASE("metered: decides as the policy alone does, and its meter sees what the residency counts") {
  counters alone;
  run<eviction::lrfu, prefetch::none>({}, [&](auto& cache) { alone = cache.count(); });
  run<sim::metered<eviction::lrfu>, prefetch::none>(sim::metered(eviction::lrfu{}), [&](auto& cache) {
    CHECK(cache.count() == alone);
    const sim::window_counts all = cache.policies().eviction.meter.measure();
    CHECK(all.events == alone.events);
    CHECK(all.accesses == alone.accesses);
    CHECK(all.misses == alone.misses);
    CHECK(all.ahead == 0);
    CHECK(all.bound < all.misses);
    CHECK(all.regret() > 0.05);
    CHECK(all.regret() < 1);
  });
}

TEST_CASE("metered: what was fetched ahead and used counts as the miss that it spared") {
  run<sim::metered<eviction::lrfu>, prefetch::most_useful>(sim::metered(eviction::lrfu{}), [&](auto& cache) {
    const counters& count = cache.count();
    REQUIRE(count.prefetch_used > 100);
    const sim::window_counts all = cache.policies().eviction.meter.measure();
    CHECK(all.accesses == count.accesses);
    CHECK(all.ahead == count.prefetch_used);
    CHECK(all.misses == count.misses + count.prefetch_used);
  });
}

TEST_CASE("metered: hears what its policy hears, and has a key where that has one") {
  static_assert(keyed_eviction_policy<sim::metered<eviction::lrfu>>);
  static_assert(eviction_policy<sim::metered<eviction::random>>);
  static_assert(!keyed_eviction_policy<sim::metered<eviction::random>>);
  static_assert(std::is_same_v<sim::metered<archetype::eviction>::hears, events<inventory, layer_event, admitted, evicted>>);
  struct listener : archetype::eviction {
    using hears = events<lease_ended, layer_event>;
    void on(const lease_ended&) noexcept {}
    void on(const layer_event&) noexcept {}
  };
  static_assert(std::is_same_v<sim::metered<listener>::hears, events<lease_ended, layer_event, inventory, admitted, evicted>>);
  CHECK(sim::metered(eviction::lrfu{.half_life = 7}, {.window = 3}).policy.half_life == 7);
}

}  // namespace
