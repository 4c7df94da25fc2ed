// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <moesaic/cache/extent_arena.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/transport/instant.hpp>

#include "cache/random_policies.hpp"
#include "sim/obvious_replay.hpp"
#include "support/splitmix.hpp"

// The residency against the slow replay that was written from the counting rules alone: after every event of random routings
// the same experts have room and the same things were counted.
namespace {
using namespace moesaic_test;

obvious::routing random_routing(splitmix& random, std::uint32_t top_k) {
  obvious::routing r{.layers = random.between(1, 4), .experts = random.between(top_k, 12)};
  r.sequences.resize(1);
  r.sequences[0].resize(random.between(1, 80));
  for (auto& token : r.sequences[0]) {
    token.resize(r.layers);
    for (auto& layer : token) {
      if (random.chance(50)) continue;  // not routed
      while (layer.size() < top_k) {
        // The lower ids are more popular: otherwise hardly anything is ever hit.
        const std::uint32_t expert = std::min(random.below(r.experts), random.below(r.experts));
        if (std::find(layer.begin(), layer.end(), expert) == layer.end()) layer.push_back(expert);
      }
    }
  }
  return r;
}

struct policy_name {
  const char* spec;
  obvious::key_kind key;
  std::uint32_t half_life;
};

/// Returns the hits, so that the test can show that there were any.
template <class Arena>
std::uint64_t compare(std::uint64_t seed) {
  splitmix random{seed};
  constexpr policy_name policies[]{
      {"lru", obvious::key_kind::lru, 1}, {"fifo", obvious::key_kind::fifo, 1}, {"lfu", obvious::key_kind::lfu, 1}, {"lrfu(4)", obvious::key_kind::lrfu, 4}};
  const policy_name& policy = policies[random.below(4)];
  const std::uint32_t top_k = random.between(1, 4);
  const obvious::routing routing = random_routing(random, top_k);
  const bool displaces = Arena::one_size && random.chance(500), one_pool = random.chance(500);
  const std::uint64_t each = random.between(1, 9);
  const std::uint32_t slots = random.between(0, routing.experts + 2);  // of a layer
  const std::uint32_t pools = one_pool ? 1 : routing.layers;

  obvious::setting rules{.key = policy.key, .half_life = policy.half_life, .keep_the_best = displaces, .one_pool = one_pool, .window = random.between(1, 5)};
  for (std::uint32_t l = 0; l < routing.layers; ++l)
    for (std::uint32_t e = 0; e < routing.experts; ++e) rules.size[{l, e}] = 1;
  for (std::uint32_t p = 0; p < pools; ++p) rules.capacity[p] = std::uint64_t{slots} * routing.layers / pools;
  obvious::replay twin(routing, rules);

  const model_shape shape = *model_shape::uniform(routing.layers, routing.experts, top_k, {each});
  hearsay said;
  any_bundle bundle{.groups = {pools, std::vector<std::uint32_t>(shape.space().size())},
                    .scoring = {*scoring::make("none"), &said},
                    .eviction = {*eviction::make(policy.spec)},
                    .admission = {*admission::make(displaces ? "optional" : "forced")},
                    .prediction = *prediction::make("none"),
                    .prefetch = {*prefetch::make("none"), &said},
                    .placement = {*placement::make("fetch")}};
  if (!one_pool)
    for (std::uint32_t f = 0; f < shape.space().size(); ++f) bundle.groups.by_flat[f] = shape.space().layer_of(f);
  const bytes budget{each * (std::uint64_t{slots} * routing.layers + 1)};
  auto core = residency<transports::instant<>, any_bundle, Arena>::create(shape, transports::instant<>(32), std::move(bundle), {.budget = {budget, 1}});
  REQUIRE(core);

  for (const obvious::event& e : twin.events()) {
    std::vector<demand> wanted;
    for (const obvious::id& x : e.wanted) wanted.push_back({static_cast<expert_index>(x.second), 1, {}});
    const layer_event event{.step = {e.first_token}, .first_token = {e.first_token}, .layer = static_cast<layer_index>(e.layer), .wanted = wanted};
    {
      auto held = core->acquire(event);
      REQUIRE(held);
      std::size_t seats = 0;
      for (auto s = held->next(); s && *s; s = held->next(), ++seats) held->release(**s);
      REQUIRE(seats == wanted.size());
    }
    twin.hear(e);
    for (std::uint32_t l = 0; l < routing.layers; ++l)
      for (std::uint32_t x = 0; x < routing.experts; ++x)
        if (core->view().absent(make_expert(l, x)) == (twin.residents().count({l, x}) == 1)) {
          INFO("event ", e.number, " layer ", l, " expert ", x, " ", policy.spec, displaces ? " optional" : " forced");
          FAIL("the core and the rules disagree about who has room");
        }
    const counters& c = core->count();
    const obvious::counts& t = twin.count();
    REQUIRE(c.events == t.events);
    REQUIRE(c.accesses == t.accesses);
    REQUIRE(c.hits == t.hits);
    REQUIRE(c.misses == t.misses);
    REQUIRE(c.evictions == t.evictions);
    REQUIRE(c.bypasses == t.bypasses);
    REQUIRE(c.bytes_demanded == bytes{each * t.misses});
  }
  return core->count().hits;
}

template <class Arena>
void compare_many() {
  std::uint64_t hits = 0;
  for (std::uint64_t seed = 1; seed <= 1'500; ++seed) {
    INFO("seed ", seed);
    hits += compare<Arena>(seed);
  }
  CHECK(hits > 20'000);
}

TEST_CASE("the residency decides by the counting rules, equal slots, forced and optional") { compare_many<moesaic::uniform_arena>(); }
TEST_CASE("the residency decides by the counting rules, exact bytes, forced") { compare_many<moesaic::extent_arena>(); }

}  // namespace
