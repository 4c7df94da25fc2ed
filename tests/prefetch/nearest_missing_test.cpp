// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/prefetch/nearest_missing.hpp>

#include "prefetch/asked.hpp"

namespace {
using namespace moesaic_test;
using prefetch::nearest_missing;

TEST_CASE("nearest missing: the nearest layer that lacks somebody, there the surest, of equals the lower id") {
  asked<nearest_missing> b(nearest_missing{.horizon = 3});
  b.begin(0);
  b.expect(2, 5);
  b.expected.expect(layer_index{2}, expert_index{6}, {0}, {9});
  b.expect(3, 1);
  CHECK(b.next() == make_expert(2, 6));
  b.expect(1, 4);
  b.expect(1, 3);
  CHECK(b.next() == make_expert(1, 3));
  b.flags[b.flat(1, 3)] = residency_flag::resident;
  b.flags[b.flat(1, 4)] = residency_flag::in_flight;
  CHECK(b.next() == make_expert(2, 6));
}

TEST_CASE("nearest missing: one at a time, within the horizon, not twice in vain, not below the threshold") {
  asked<nearest_missing> b(nearest_missing{.horizon = 2});
  b.begin(0);
  b.expect(3, 1);
  CHECK_FALSE(b.next());
  b.expect(2, 1);
  b.expect(2, 2);
  b.link.in_flight = 1;
  CHECK_FALSE(b.next());
  b.link.in_flight = 0;
  b.settle(*b.next(), prefetch_fate::no_room);
  CHECK(b.next() == make_expert(2, 2));
  b.begin(1);
  CHECK(b.next() == make_expert(2, 1));
  b.threshold = {1};
  CHECK_FALSE(b.next());
  b.worth(2, 2, 1);
  CHECK(b.next() == make_expert(2, 2));
}

}  // namespace
