// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <tuple>

#include <moesaic/eviction/forecast.hpp>
#include <moesaic/eviction/lrfu.hpp>

#include "eviction/bench.hpp"
#include "eviction/expecting_world.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;

TEST_CASE("forecast: the example of its header") {
  eviction_bench b(eviction::forecast{});
  b.world.expected = forecast(b.world.shape.space(), 1, 16);
  b.use(0, 0, {1, 2});
  b.use(1, 0, {3});
  b.admit(0, {1, 2, 3});
  b.world.expected.expect(layer_index{0}, expert_index{1}, {0}, {});
  b.world.expected.expect(layer_index{0}, expert_index{2}, {3}, {});
  CHECK(b.order() == experts_of_layer_0({3, 2, 1}));
}

TEST_CASE("forecast: without a forecast it is lrfu") {
  eviction_bench b(eviction::forecast{.half_life = 4});
  eviction_bench c(eviction::lrfu{.half_life = 4});
  splitmix dice{9};
  for (std::uint64_t t = 0; t < 300; ++t) {
    const std::uint32_t e = dice.below(8) * dice.below(2), f = e + 1 + dice.below(7);
    for (const std::uint32_t x : {e, f}) {
      b.use(t, 0, {x});
      c.use(t, 0, {x});
      if (b.world.has_room(x)) continue;
      b.admit(0, {x});
      c.admit(0, {x});
    }
    CHECK(b.victim() == c.victim());
    const expert_id gone = *b.victim();
    if (t % 3 != 0) continue;
    b.evict(0, number(gone.expert));
    c.evict(0, number(gone.expert));
  }
}

TEST_CASE("forecast: of one row, the layer that lies further ahead leaves; the running layer's next turn is the furthest") {
  eviction_bench b(eviction::forecast{}, 3, 16);
  b.world.expected = forecast(b.world.shape.space(), 3, 16);
  for (std::uint32_t l = 0; l < 3; ++l) {
    b.use(l, l, {4});
    b.admit(l, {4});
    b.world.expected.expect(static_cast<layer_index>(l), expert_index{4}, {0}, {});
  }
  CHECK(b.victim() == make_expert(0, 4));  // the bench asks for a newcomer of layer 0
  b.evict(0, 4);
  CHECK(b.victim() == make_expert(2, 4));
}

TEST_CASE("forecast: agrees with a sort by (expected, first row, layers ahead, use count, id)") {
  expecting::agree(eviction::forecast{.half_life = 6}, eviction::lrfu{.half_life = 6},
                   [](const forecast& f, const eviction::lrfu& uses, layer_index now, std::uint32_t layers, expert_id e) {
                     std::int64_t row = 1'000, ahead = 0;
                     for (std::uint32_t r = 64; r-- > 0;)
                       if (f.row_count(e, {r + 1}) > f.row_count(e, {r})) row = r;
                     if (row < 1'000) ahead = (number(e.layer) + layers - number(now) + layers - 1) % layers + 1;
                     return std::tuple(-row, -ahead, uses.key(e), e);
                   });
}

}  // namespace
