// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include <moesaic/cache/memory_plan.hpp>

using namespace moesaic;

TEST_CASE("floor, recommendation and everything follow from the shape") {
  const std::array<model_shape::layer, 2> layers{{{4, 2, {10}}, {8, 3, {6}}}};
  const auto shape = *model_shape::of(layers);
  const auto footprint = footprint_of(shape, {4});  // 12 and 8
  const auto planned = plan(shape, footprint, {{60}, 2});
  REQUIRE(planned);
  CHECK(planned->floor == bytes{12});
  CHECK(planned->frame == bytes{12});
  CHECK(planned->recommended == bytes{24 + 2 * 12 + 3 * 8});
  CHECK(planned->everything == bytes{24 + 4 * 12 + 8 * 8});
  CHECK(planned->frames == 2);
  CHECK(planned->slots == bytes{36});
  CHECK(planned->resident_experts == 4);  // four of the smaller ones
}

TEST_CASE("a budget at the floor has one frame and no slots; below it the error names the floor") {
  const auto shape = *model_shape::uniform(1, 4, 2, {100});
  const auto footprint = footprint_of(shape);
  const auto least = plan(shape, footprint, {{100}, 3});
  REQUIRE(least);
  CHECK(least->frames == 1);
  CHECK(least->slots == bytes{0});
  const auto below = plan(shape, footprint, {{99}, 3});
  REQUIRE_FALSE(below);
  CHECK(below.error().code() == error_code::below_floor);
  CHECK(below.error().sentence().find("floor of 100 bytes") != std::string_view::npos);
  CHECK(below.error().sentence().find("recommended are 400 bytes") != std::string_view::npos);
}

TEST_CASE("footprints that cannot be are refused") {
  const auto shape = *model_shape::uniform(1, 4, 2, {100});
  CHECK(plan(shape, std::vector<bytes>(3, bytes{100}), {{1000}, 2}).error().code() == error_code::bad_argument);
  CHECK(plan(shape, std::vector<bytes>(4, bytes{99}), {{1000}, 2}).error().code() == error_code::bad_argument);
  CHECK(plan(shape, footprint_of(shape), {{1000}, 0}).error().code() == error_code::bad_argument);
}
