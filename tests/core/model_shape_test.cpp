// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include <moesaic/core/model_shape.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;

static_assert(std::is_nothrow_move_constructible_v<model_shape> && std::is_copy_constructible_v<model_shape>);
static_assert(!std::is_default_constructible_v<model_shape>);  // only `of` makes one, so every shape is a valid one

std::string refused(const std::vector<model_shape::layer>& layers) {
  const auto shape = model_shape::of(layers);
  if (shape) return "accepted";
  CHECK(shape.error().code() == error_code::bad_argument);
  return std::string(shape.error().sentence());
}

TEST_CASE("a shape knows what it was told") {
  const auto made = model_shape::of(std::vector<model_shape::layer>{{8, 2, {100}}, {3, 1, {50}}, {60, 4, {7}}});
  REQUIRE(made);
  const model_shape& shape = *made;
  CHECK(shape.layers() == 3);
  CHECK(shape.experts(layer_index{1}) == 3);
  CHECK(shape.top_k(layer_index{2}) == 4);
  CHECK(shape.size_of(make_expert(0, 7)) == bytes{100});
  CHECK(shape.size_of(make_expert(2, 59)) == bytes{7});
  CHECK(shape.total() == bytes{800 + 150 + 420});
  CHECK(shape.largest() == bytes{100});
  CHECK(shape.expert_count() == 71);
  CHECK(shape.widest_layer() == 60);
  CHECK(shape.space().size() == 3 * 64);
}

TEST_CASE("contains tells what exists, in layers of different widths") {
  const auto made = model_shape::of(std::vector<model_shape::layer>{{8, 2, {1}}, {3, 1, {1}}});
  REQUIRE(made);
  CHECK(made->contains(make_expert(0, 7)));
  CHECK_FALSE(made->contains(make_expert(0, 8)));
  CHECK(made->contains(make_expert(1, 2)));
  CHECK_FALSE(made->contains(make_expert(1, 3)));  // has an index, and no expert
  CHECK_FALSE(made->contains(make_expert(2, 0)));
  CHECK_FALSE(made->contains(make_expert(0, 65'535)));
  CHECK_FALSE(made->contains(make_expert(65'535, 0)));
  CHECK_FALSE(made->contains({layer_index{0}, expert_index{0}, representation_index{1}}));
}

TEST_CASE("what cannot be is refused, with the layer and the numbers") {
  CHECK(refused({}) == "a model shape needs 1 to 65535 MoE layers, got 0");
  CHECK(refused({{8, 2, {1}}, {0, 1, {1}}}) == "MoE layer 1 has 0 experts; 1 to 65535 are possible");
  CHECK(refused({{65'536, 2, {1}}}) == "MoE layer 0 has 65536 experts; 1 to 65535 are possible");
  CHECK(refused({{4'294'967'295, 2, {1}}}) == "MoE layer 0 has 4294967295 experts; 1 to 65535 are possible");
  CHECK(refused({{8, 0, {1}}}) == "MoE layer 0 routes each token to 0 of 8 experts; expected 1 to 8");
  CHECK(refused({{8, 9, {1}}}) == "MoE layer 0 routes each token to 9 of 8 experts; expected 1 to 8");
  CHECK(refused({{8, 2, {0}}}) == "experts of MoE layer 0 have no bytes");
  CHECK(refused({{8, 8, {1}}}) == "accepted");
  CHECK(refused({{1, 1, {1}}}) == "accepted");
}

TEST_CASE("shapes too large for an index or a sum are refused") {
  CHECK(refused(std::vector<model_shape::layer>(32'769, {32'769, 1, {1}})) == "32769 layers of up to 32769 experts are more than 2^31 indices");
  CHECK(refused({{1, 1, {std::uint64_t{1} << 63U}}}) == "accepted");
  CHECK(refused({{2, 1, {(std::uint64_t{1} << 62U) + 1}}}) == "the experts of MoE layers 0 to 0 are more than 2^63 bytes together");
  CHECK(refused({{1, 1, {(std::uint64_t{1} << 63U) - 5}}, {2, 1, {3}}}) == "the experts of MoE layers 0 to 1 are more than 2^63 bytes together");
  CHECK(refused({{65'535, 1, bytes::highest()}}) == "the experts of MoE layers 0 to 0 are more than 2^63 bytes together");
  CHECK_FALSE(model_shape::uniform(4'000'000'000, 8, 2, {1}));  // before anything of that size is allocated
  CHECK_FALSE(model_shape::uniform(0, 8, 2, {1}));
}

TEST_CASE("uniform is the shape of equal layers") {
  const auto a = model_shape::uniform(5, 12, 3, {9});
  const auto b = model_shape::of(std::vector<model_shape::layer>(5, {12, 3, {9}}));
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->total() == b->total());
  CHECK(a->total() == bytes{5 * 12 * 9});
  CHECK(a->expert_count() == 60);
}

TEST_CASE("resizing keeps the sum and the maximum true, up and down") {
  moesaic_test::splitmix random{11};
  for (int round = 0; round < 30; ++round) {
    auto shape = model_shape::of(std::vector<model_shape::layer>{{5, 2, {10}}, {3, 1, {4}}});
    REQUIRE(shape);
    for (int i = 0; i < 200; ++i) {
      const std::uint32_t layer = random.below(2);
      const expert_id e = make_expert(layer, random.below(layer == 0 ? 5 : 3));
      shape->resize(e, {random.between(1, round % 2 == 0 ? 3 : 1000)});  // few sizes: several experts share the largest
      bytes total{}, largest{};
      for (std::uint32_t l = 0; l < 2; ++l)
        for (std::uint32_t x = 0; x < shape->experts(static_cast<layer_index>(l)); ++x) {
          total += shape->size_of(make_expert(l, x));
          largest = std::max(largest, shape->size_of(make_expert(l, x)));
        }
      REQUIRE(shape->total() == total);
      REQUIRE(shape->largest() == largest);
    }
  }
}

TEST_CASE("a flat index that belongs to no expert weighs nothing") {
  const auto shape = model_shape::uniform(2, 5, 1, {10});
  REQUIRE(shape);
  CHECK(shape->size_of(shape->space().flat(make_expert(1, 4))) == bytes{10});
  CHECK(shape->size_of(7U) == bytes{0});
}

}  // namespace
