// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

#include <moesaic/prediction/fixed_log2.hpp>

#include "support/splitmix.hpp"

namespace {
using moesaic::prediction::fixed_log2;
using moesaic::prediction::octave;

static_assert(fixed_log2(1) == 0);
static_assert(fixed_log2(std::uint64_t{1} << 63U) == 63 * octave);
static_assert(fixed_log2(3) == 1'623);  // 1.58496 x 1024

TEST_CASE("fixed_log2: nine bits behind the first one count, nearest") {
  for (std::uint64_t x = 1; x < 1'024; ++x) {
    CAPTURE(x);
    CHECK(fixed_log2(x) == std::lround(1'024 * std::log2(static_cast<double>(x))));
  }
}

TEST_CASE("fixed_log2: of larger numbers at most 4/1024 below, never above, and monotone") {
  moesaic_test::splitmix dice{11};
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t x = ((std::uint64_t{dice.below(0x7FFF'FFFF)} << 32U) | dice.below(0x7FFF'FFFF)) >> dice.below(60);
    if (x == 0) continue;
    const double right = 1'024 * std::log2(static_cast<double>(x));
    REQUIRE(fixed_log2(x) <= right + 0.51);
    REQUIRE(fixed_log2(x) >= right - 4);
    REQUIRE(fixed_log2(x) <= fixed_log2(x + dice.below(1'000)));
  }
}

}  // namespace
