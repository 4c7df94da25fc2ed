// SPDX-License-Identifier: MIT
#include <array>

#include <doctest/doctest.h>

#include <moesaic/transport/dice.hpp>

using moesaic::transports::dice;

TEST_CASE("chance is the same everywhere") {
  dice d(1234567);  // the generator's published sequence
  CHECK(d.next() == 6457827717110365317ULL);
  CHECK(d.next() == 3203168211198807973ULL);
}

TEST_CASE("every face comes up, none beyond the last") {
  dice d(1);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6'000; ++i) ++seen.at(d.below(6));
  for (const int n : seen) CHECK((n > 800 && n < 1'200));
  CHECK(d.below(1) == 0);
}
