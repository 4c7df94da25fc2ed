// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <tuple>

#include <moesaic/eviction/farthest_use.hpp>
#include <moesaic/eviction/lru.hpp>

#include "eviction/bench.hpp"
#include "eviction/expecting_world.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::farthest_use;

TEST_CASE("farthest_use: the example of its header") {
  eviction_bench b(farthest_use{});
  b.world.expected = forecast(b.world.shape.space(), 1, 16);
  b.admit(0, {1, 2, 3});
  b.world.expected.expect(layer_index{0}, expert_index{1}, {0}, {});
  b.world.expected.expect(layer_index{0}, expert_index{2}, {3}, {});
  CHECK(b.order() == experts_of_layer_0({3, 2, 1}));
}

TEST_CASE("farthest_use: remembers nothing, so without a forecast the lowest id leaves") {
  eviction_bench b(farthest_use{});
  b.use(0, 0, {5, 2});
  b.admit(0, {5, 2, 9});
  b.use(1, 0, {2});
  CHECK(b.order() == experts_of_layer_0({2, 5, 9}));
}

TEST_CASE("farthest_use: nobody leaves for a prefetch who is expected as soon as the newcomer") {
  eviction_bench b(farthest_use{});
  b.world.expected = forecast(b.world.shape.space(), 1, 16);
  b.admit(0, {1, 2});
  b.world.expected.expect(layer_index{0}, expert_index{1}, {0}, {});
  b.world.expected.expect(layer_index{0}, expert_index{2}, {3}, {});
  const auto victim_for = [&](std::uint32_t newcomer, cause why) {
    return b.policy.victim(conformance::eviction_scene_of(b.world, b.nothing, 0, make_expert(0, newcomer), why, conformance::policy_world::everything));
  };
  CHECK_FALSE(victim_for(15, cause::prefetch));
  b.world.expected.expect(layer_index{0}, expert_index{14}, {3}, {});
  CHECK_FALSE(victim_for(14, cause::prefetch));
  CHECK(victim_for(14, cause::demand) == make_expert(0, 2));
  b.world.expected.expect(layer_index{0}, expert_index{15}, {2}, {});
  CHECK(victim_for(15, cause::prefetch) == make_expert(0, 2));
  b.admit(0, {8});
  CHECK(victim_for(14, cause::prefetch) == make_expert(0, 8));  // not expected: leaves for anybody
}

TEST_CASE("farthest_use: agrees with a sort by (expected, first row, layers ahead, id)") {
  const auto when = [](const forecast& f, layer_index now, std::uint32_t layers, expert_id e) {
    std::int64_t row = 1'000, ahead = 0;
    for (std::uint32_t r = 64; r-- > 0;)
      if (f.row_count(e, {r + 1}) > f.row_count(e, {r})) row = r;
    if (row < 1'000) ahead = (number(e.layer) + layers - number(now) + layers - 1) % layers + 1;
    return std::tuple(row, ahead);
  };
  expecting::agree(
      farthest_use{}, eviction::lru{},
      [&](const forecast& f, const eviction::lru&, layer_index now, std::uint32_t layers, expert_id e) {
        const auto [row, ahead] = when(f, now, layers, e);
        return std::tuple(-row, -ahead, e);
      },
      [&](const conformance::policy_world& w, const auto& scene, expert_id e) {
        return scene.why == cause::demand || !w.expected.expects(e) ||
               when(w.expected, scene.layer, w.shape.layers(), scene.newcomer) < when(w.expected, scene.layer, w.shape.layers(), e);
      });
}

}  // namespace
