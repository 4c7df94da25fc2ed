// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

#include <moesaic/core/hysteresis_step.hpp>

namespace {
using namespace moesaic;

/// Where a constant count leads to in the end.
std::uint32_t settled(const hysteresis_step& step, std::uint32_t worth, std::uint32_t counted) {
  for (int i = 0; i < 100; ++i) worth = step.moved(worth, counted);
  return worth;
}

TEST_CASE("a constant count leads to count - up + 1 from below and to count + down - 1 from above, within 0 to top") {
  for (std::uint32_t top = 1; top < 9; ++top)
    for (std::uint32_t up = 1; up < 7; ++up)
      for (std::uint32_t down = 1; down < 7; ++down)
        for (std::uint32_t counted = 0; counted < 20; ++counted) {
          const hysteresis_step step{top, up, down};
          const std::uint32_t below = counted + 1 > up ? counted + 1 - up : 0;
          const std::uint32_t above = counted + down - 1;
          REQUIRE(settled(step, 0, counted) == (below < top ? below : top));
          REQUIRE(settled(step, top, counted) == (above < top ? above : top));
        }
}

TEST_CASE("a worth moves by one at most") {
  const hysteresis_step step{8, 2, 1};
  CHECK(step.moved(0, 1'000) == 1);
  CHECK(step.moved(8, 0) == 7);
  CHECK(step.moved(8, 1'000) == 8);
  CHECK(step.moved(0, 0) == 0);
}

TEST_CASE("knobs of 0 count as 1, and the largest do not overflow") {
  CHECK(hysteresis_step{5, 0, 0}.moved(2, 2) == 2);
  CHECK(hysteresis_step{5, 0, 0}.moved(2, 3) == 3);
  CHECK(hysteresis_step{5, 0, 0}.moved(2, 1) == 1);
  constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  CHECK(hysteresis_step{5, most, most}.moved(5, most) == 5);
  CHECK(hysteresis_step{most, 1, 1}.moved(most - 1, most) == most);
}

}  // namespace
