// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/transport/hand_held.hpp>
#include <moesaic/transport/simulated.hpp>

using namespace moesaic;
using namespace moesaic::transports;

static_assert(hand_held<simulated<>>);
static_assert(!hand_held<archetype::link>, "a transport need not have a clock in the hand");

TEST_CASE("sums of times stop at the end of the clock") {
  CHECK(later({5}, {7}) == nanoseconds{12});
  CHECK(later({5}, {-7}) == nanoseconds{-2});
  CHECK(later(nanoseconds::highest(), {1}) == nanoseconds::highest());
  CHECK(later({1}, nanoseconds::highest()) == nanoseconds::highest());
  CHECK(later(nanoseconds::highest() - nanoseconds{1}, {1}) == nanoseconds::highest());
}
