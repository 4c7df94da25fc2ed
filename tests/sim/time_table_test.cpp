// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/sim/time_table.hpp>

using namespace moesaic;
using namespace moesaic::sim;

TEST_CASE("points, straight lines between them, the last line behind them") {
  const auto table = time_table::of({{2, {100}}, {4, {200}}, {8, {210}}});
  REQUIRE(table);
  CHECK((*table)(0) == nanoseconds{100});
  CHECK((*table)(2) == nanoseconds{100});
  CHECK((*table)(3) == nanoseconds{150});
  CHECK((*table)(4) == nanoseconds{200});
  CHECK((*table)(6) == nanoseconds{205});
  CHECK((*table)(12) == nanoseconds{220});
}

TEST_CASE("a table that falls at its end does not fall below its last point") {
  const auto table = time_table::of({{1, {100}}, {2, {80}}});
  REQUIRE(table);
  CHECK((*table)(50) == nanoseconds{80});
}

TEST_CASE("one point is a constant, none is nothing") {
  CHECK(time_table(nanoseconds{7})(0) == nanoseconds{7});
  CHECK(time_table(nanoseconds{7})(4'000'000'000U) == nanoseconds{7});
  CHECK(time_table()(3) == nanoseconds{});
}

TEST_CASE("what is no table is named by row") {
  const auto sentence = [](std::vector<time_table::point> points) { return std::string(time_table::of(std::move(points)).error().sentence()); };
  CHECK(sentence({{1, {5}}, {2, {-1}}}) == "row 1: a time cannot be negative, got -1 ns");
  CHECK(sentence({{1, {5}}, {1, {6}}}) == "row 1: counts have to ascend, got 1 behind 1");
  CHECK(sentence({{1, nanoseconds::highest()}}).starts_with("row 0: 9223372036854775807 ns are more"));
}

TEST_CASE("large times do not overflow between points") {
  const nanoseconds day{86'400LL * 1'000'000'000};
  const auto table = time_table::of({{0, {}}, {1'000'000, day}});
  REQUIRE(table);
  CHECK((*table)(500'000) == nanoseconds{day.count / 2});
}

TEST_CASE("a roofline is flat until its bend and rises behind it") {
  // 1,000 bytes at 1 GB/s are 1,000 ns; 100 operations a token at 1 GFLOP/s are 100 ns: memory limits up to 10 tokens.
  const auto table = time_table::of(roofline{{1e9}, {1e9}}, {100}, {1'000});
  REQUIRE(table);
  for (const std::uint32_t tokens : {1U, 5U, 10U, 11U, 64U, 5'000U}) CHECK((*table)(tokens) == (roofline{{1e9}, {1e9}}.shortest({100.0 * tokens}, {1'000})));
}

TEST_CASE("an expert of another size takes as much longer as it is larger") {
  const expert_cost cost{time_table(nanoseconds{1'000}), {500}};
  CHECK(cost.of(1, {500}) == nanoseconds{1'000});
  CHECK(cost.of(1, {250}) == nanoseconds{500});
  CHECK(cost.of(1, {1}) == nanoseconds{2});
  const expert_cost huge{time_table(milliseconds(60'000)), gibibytes(1)};
  CHECK(huge.of(1, gibibytes(3)) == milliseconds(180'000));
}
