// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <utility>

#include <moesaic/admission/forced.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/transition_counts.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/scoring/decayed_frequency.hpp>
#include <moesaic/sim/metered.hpp>
#include <moesaic/sim/regret_witness.hpp>
#include <moesaic/transport/failing.hpp>
#include <moesaic/transport/simulated.hpp>

#include "past_windows.hpp"

using namespace moesaic;

namespace {

/// Listened to and watched at once.
struct bundle {
  group_per_layer groups{};
  scoring::decayed_frequency scoring{};
  sim::metered<eviction::lrfu> eviction;
  admission::forced admission{};
  prediction::transition_counts prediction{};
  prefetch::most_useful prefetch{};
  placement::fetch placement{};
  sim::regret_witness witness{};
};

template <class Transport>
void agree(Transport link) {
  const model_shape shape = *model_shape::uniform(3, 16, 4, {1'000});
  const sim::regret_meter meter{.window = 40};
  auto cache = residency<Transport, bundle>::create(shape, std::move(link), {.eviction = {eviction::lrfu{}, meter}, .witness = {.meter = meter}},
                                                    {.budget = {{1'000 * (18 + 2)}, 2}});
  REQUIRE(cache);
  moesaic_test::splitmix dice{8};
  std::uint64_t looked = 0, shrunk = 0, ahead = 0;
  for (const auto& event : moesaic_test::random_events(dice, 3, 16, 300)) {
    moesaic_test::hear(event, [&](const layer_event& e) {
      auto held = cache->acquire(e);
      if (!held) return;  // a transfer that had to come first failed
      for (auto s = held->next(); s && *s; s = held->next()) held->release(**s);
      held->end();
      cache->pump();
    });
    if (dice.chance(20)) {
      ++shrunk;
      REQUIRE(cache->set_budget({1'000 * dice.between(8, 20)}));
    }
    if (!dice.chance(100)) continue;
    ++looked;
    sim::regret_witness& watching = cache->policies().witness;
    CHECK(watching.meter.measure() == cache->policies().eviction.meter.measure());
    CHECK(watching.meter.total() == cache->policies().eviction.meter.total());
    ahead += watching.meter.measure().ahead;
  }
  CHECK(looked > 50);
  CHECK(shrunk > 5);
  CHECK(ahead > 50);
}

TEST_CASE("regret_witness: sees what a listener hears") { agree(transports::simulated<>()); }

TEST_CASE("regret_witness: the same where one transfer in thirty fails") { agree(transports::failing(transports::simulated<>(), {.every = 30})); }

}  // namespace
