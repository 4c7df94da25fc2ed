// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/sim/capacity.hpp>

#include "support/splitmix.hpp"

using namespace moesaic;
using sim::capacity;
using sim::unit;
using rooms = std::vector<std::uint64_t>;

namespace {

std::string refusal(std::string_view text) {
  const result<capacity> c = capacity::parse(text);
  return c ? "accepted" : std::string(c.error().sentence());
}
rooms pools(std::string_view text, const model_shape& shape, unit counted, bool one_pool = false) {
  const result<capacity> c = capacity::parse(text);
  REQUIRE(c);
  const result<rooms> got = one_pool ? c->pools(shape, one_group{}, counted) : c->pools(shape, group_per_layer{}, counted);
  REQUIRE(got);
  return *got;
}

TEST_CASE("shares are exact decimals, rounded down") {
  const model_shape shape = *model_shape::uniform(3, 64, 6, {1});
  CHECK(pools("12.5%", shape, unit::experts) == rooms{8, 8, 8});
  CHECK(pools("6.25%", shape, unit::experts, true) == rooms{12});
  CHECK(pools("33.3%", shape, unit::experts) == rooms{21, 21, 21});
  CHECK(pools("100%", shape, unit::experts, true) == rooms{192});
  CHECK(pools("100.000%", shape, unit::experts, true) == rooms{192});
  CHECK(pools("1.5625%", shape, unit::experts) == rooms{1, 1, 1});
  CHECK(pools("1.562499%", shape, unit::experts, true) == rooms{2});  // 2.99999...
  CHECK(pools("0.000001%", shape, unit::experts) == rooms{1, 1, 1});  // at least one expert
  CHECK(pools("0.000001%", *model_shape::uniform(1, 64, 6, {1}), unit::experts) == rooms{1});
}

TEST_CASE("shares that binary fractions cannot hold come out right") {
  const model_shape shape = *model_shape::uniform(1, 1000, 1, {1});
  for (std::uint32_t tenth = 1; tenth <= 1000; ++tenth) {
    const std::string text = std::to_string(tenth / 10) + "." + std::to_string(tenth % 10) + "%";
    CHECK(pools(text, shape, unit::experts) == rooms{tenth});
  }
}

TEST_CASE("bytes have binary and decimal prefixes") {
  const model_shape shape = *model_shape::uniform(1, 8, 1, {1});
  CHECK(pools("4000MiB", shape, unit::bytes) == rooms{4000ULL << 20U});
  CHECK(pools("1.5GB", shape, unit::bytes) == rooms{1'500'000'000});
  CHECK(pools("123B", shape, unit::bytes) == rooms{123});
  CHECK(pools("0.3kB", shape, unit::bytes) == rooms{300});
  CHECK(pools("2TiB", shape, unit::bytes) == rooms{2ULL << 40U});
  CHECK(capacity::parse("1KiB")->in_bytes());
  CHECK_FALSE(capacity::parse("1%")->in_bytes());
}

TEST_CASE("pools share bytes by the bytes of their experts, and lose none to rounding") {
  model_shape shape = *model_shape::uniform(3, 2, 1, {10});
  shape.resize(make_expert(0, 0), {30});
  shape.resize(make_expert(0, 1), {30});
  CHECK(pools("50%", shape, unit::bytes) == rooms{30, 10, 10});
  CHECK(pools("100B", shape, unit::bytes) == rooms{60, 20, 20});
  CHECK(pools("101B", shape, unit::bytes) == rooms{61, 20, 20});
  CHECK(pools("104B", shape, unit::bytes) == rooms{63, 21, 20});
  CHECK(pools("104B", shape, unit::bytes, true) == rooms{104});
  moesaic_test::splitmix dice{3};
  for (int i = 0; i < 300; ++i) {
    model_shape mixed = *model_shape::uniform(dice.between(1, 9), 3, 1, {1});
    for (std::uint32_t l = 0; l < mixed.layers(); ++l) mixed.resize(make_expert(l, 1), {(dice() >> 24U) + 1});
    const std::uint64_t all = dice() >> 20U;
    std::uint64_t sum = 0;
    for (const std::uint64_t room : pools(std::to_string(all) + "B", mixed, unit::bytes)) sum += room;
    CHECK(sum == all);
  }
}

TEST_CASE("what is no capacity is a sentence") {
  CHECK(refusal("25%") == "accepted");
  CHECK(refusal("0%") == "capacity '0%' holds nothing; expected a share like 12.5% or bytes like 4000MiB");
  CHECK(refusal("0.0B").find("holds nothing") != std::string::npos);
  CHECK(refusal("0.4B").find("holds nothing") != std::string::npos);
  CHECK(refusal("101%").find("is more than all experts") != std::string::npos);
  CHECK(refusal("100.000001%").find("is more than all experts") != std::string::npos);
  CHECK(refusal("25").find("has no unit") != std::string::npos);
  CHECK(refusal("25 %").find("has an unknown unit") != std::string::npos);
  CHECK(refusal("25%%").find("has an unknown unit") != std::string::npos);
  CHECK(refusal("4000mib").find("has an unknown unit") != std::string::npos);
  CHECK(refusal("").find("is no number") != std::string::npos);
  CHECK(refusal("%").find("is no number") != std::string::npos);
  CHECK(refusal(".%").find("is no number") != std::string::npos);
  CHECK(refusal("-5%").find("is no number") != std::string::npos);
  CHECK(refusal("nan%").find("is no number") != std::string::npos);
  CHECK(refusal("1.2.3%").find("has an unknown unit") != std::string::npos);
  CHECK(refusal("1.1234567%").find("has too many digits") != std::string::npos);
  CHECK(refusal("99999999999999999999999%").find("has too many digits") != std::string::npos);
  CHECK(refusal("99999999TiB").find("is more than 2^55 bytes") != std::string::npos);
}

TEST_CASE("bytes cannot be counted in experts") {
  const model_shape shape = *model_shape::uniform(1, 8, 1, {1});
  const result<rooms> got = capacity::parse("1KiB")->pools(shape, one_group{}, unit::experts);
  REQUIRE_FALSE(got);
  CHECK(got.error().code() == error_code::bad_argument);
}

}  // namespace
