// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <tuple>

#include <moesaic/eviction/look_ahead.hpp>
#include <moesaic/eviction/lru.hpp>

#include "eviction/bench.hpp"
#include "eviction/expecting_world.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::look_ahead;

TEST_CASE("look_ahead: the example of its header") {
  eviction_bench b(look_ahead{});
  b.world.expected = forecast(b.world.shape.space(), 1, 16);
  b.use(0, 0, {1, 2});
  b.admit(0, {1, 2});
  b.world.expected.expect(layer_index{0}, expert_index{1}, {0}, {});
  b.world.expected.expect(layer_index{0}, expert_index{2}, {3}, {});
  b.world.expected.expect(layer_index{0}, expert_index{2}, {5}, {});
  CHECK(b.order() == experts_of_layer_0({1, 2}));
}

TEST_CASE("look_ahead: rows beyond its tokens do not count, equals go by last use") {
  eviction_bench b(look_ahead{.tokens = 2});
  b.world.expected = forecast(b.world.shape.space(), 1, 16);
  b.use(0, 0, {2});
  b.admit(0, {2});
  b.use(1, 0, {1});
  b.admit(0, {1});
  for (const std::uint32_t row : {2U, 3U, 4U}) b.world.expected.expect(layer_index{0}, expert_index{2}, {row}, {});
  CHECK(b.victim() == make_expert(0, 2));
  b.world.expected.expect(layer_index{0}, expert_index{2}, {1}, {});
  CHECK(b.victim() == make_expert(0, 1));
}

TEST_CASE("look_ahead: agrees with a sort by (rows, last use, id)") {
  expecting::agree(look_ahead{.tokens = 5}, eviction::lru{}, [](const forecast& f, const eviction::lru& uses, layer_index, std::uint32_t, expert_id e) {
    std::uint32_t rows = 0;
    for (std::uint32_t r = 0; r < 5; ++r) rows += f.row_count(e, {r + 1}) - f.row_count(e, {r});
    return std::tuple(rows, uses.key(e), e);
  });
}

}  // namespace
