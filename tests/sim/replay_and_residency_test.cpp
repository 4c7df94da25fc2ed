// SPDX-License-Identifier: MIT
// Two drivers, one policy type: replay's lean loop and the residency core have to take the same decisions, event by event.
#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <type_traits>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/admission/optional.hpp>
#include <moesaic/admission/staging_only.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/eviction/fifo.hpp>
#include <moesaic/eviction/lfu.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/eviction/random.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/sim/replay.hpp>
#include <moesaic/transport/instant.hpp>

using namespace moesaic;

namespace {

template <class Groups, class Eviction, class Admission>
struct bundle {
  Groups groups{};
  scoring::none scoring{};
  Eviction eviction{};
  Admission admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  placement::fetch placement{};
};

template <class Groups, class Eviction, class Admission>
void decide_alike(std::uint32_t slots_per_group, std::uint64_t seed) {
  const std::uint32_t layers = 4, experts = 12;
  const auto shape = *model_shape::uniform(layers, experts, 3, {10});
  const std::uint32_t groups = Groups{}.count(shape);
  const std::uint64_t budget = 10 + std::uint64_t{10} * slots_per_group * groups;
  auto core = residency<transports::instant<>, bundle<Groups, Eviction, Admission>>::create(shape, transports::instant<>(64), {}, {.budget = {{budget}, 1}});
  REQUIRE(core);
  sim::replay<Eviction, Admission> lean(sim::resident_set(shape, Groups{}, sim::unit::experts, std::vector<std::uint64_t>(groups, slots_per_group)), Eviction{}, Admission{});

  std::mt19937_64 random(seed);
  std::uint64_t token = 0;
  for (std::uint64_t step = 0; step < 400; ++step) {
    const auto tokens = static_cast<std::uint32_t>(1 + random() % 4);
    for (std::uint32_t l = 0; l < layers; ++l) {
      std::vector<demand> wanted;
      const std::uint64_t taste = 1 + random() % 5;  // some events are wide, some narrow; low ids are popular
      for (std::uint32_t e = 0; e < experts; ++e)
        if (random() % (2 + e) < taste) wanted.push_back({static_cast<expert_index>(e), 1 + e % 2, {}});
      if (wanted.empty()) continue;
      layer_event event;
      event.step = {step};
      event.first_token = {token};
      event.layer = static_cast<layer_index>(l);
      event.tokens = tokens;
      event.wanted = wanted;
      lean.hear(event);
      auto held = core->acquire(event);
      REQUIRE(held);
      for (;;) {
        const auto next = held->next();
        REQUIRE(next);
        if (!*next) break;
        held->release(**next);
      }
      held->end();
      bool same = true;
      for (std::uint32_t i = 0; i < layers; ++i)
        for (std::uint32_t e = 0; e < experts; ++e)
          same = same && core->view().absent(make_expert(i, e)) == !lean.residents().contains(shape.space().flat(make_expert(i, e)));
      REQUIRE(same);
    }
    token += tokens;
  }
  const counters& a = core->count();
  const counters& b = lean.count();
  CHECK(a.hits == b.hits);
  CHECK(a.misses == b.misses);
  CHECK(a.evictions == b.evictions);
  CHECK(a.bypasses == b.bypasses);
  CHECK(a.bytes_demanded == b.bytes_demanded);
  if (slots_per_group >= 6 && !std::is_same_v<Admission, admission::staging_only>) CHECK(a.hits > 0);
  CHECK(a.misses > 0);
}

template <class Eviction, class Admission>
void at_every_size() {
  for (const std::uint32_t slots : {0U, 1U, 3U, 6U, 11U}) {
    decide_alike<group_per_layer, Eviction, Admission>(slots, 11 + slots);
    decide_alike<one_group, Eviction, Admission>(slots * 4, 12 + slots);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("replay and residency decide alike", Eviction, eviction::lru, eviction::fifo, eviction::lfu, eviction::lrfu, eviction::random) {
  at_every_size<Eviction, admission::forced>();
  at_every_size<Eviction, admission::staging_only>();
  if constexpr (keyed_eviction_policy<Eviction>) at_every_size<Eviction, admission::optional>();
}
