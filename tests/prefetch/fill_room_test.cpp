// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <vector>

#include <moesaic/prefetch/fill_room.hpp>

#include "prefetch/asked.hpp"

namespace {
using namespace moesaic_test;
using prefetch::fill_room;

TEST_CASE("fill room: from the last layer on, all of it, and once") {
  asked<fill_room> b(fill_room{});
  b.begin(0);
  for (std::uint32_t l = 4; l-- > 1;)
    for (std::uint32_t e = 0; e < 8; ++e) {
      REQUIRE(b.next() == make_expert(l, e));
      b.settle(make_expert(l, e), prefetch_fate::submitted);
      b.settle(make_expert(l, e), prefetch_fate::arrived);
    }
  CHECK_FALSE(b.next());  // layer 0 runs
  b.begin(1);
  CHECK(b.next() == make_expert(0, 0));
  b.settle(make_expert(0, 0), prefetch_fate::no_room);
  CHECK_FALSE(b.next());
  b.flags.assign(b.flags.size(), 0);  // somebody took them away: it does not come back
  CHECK_FALSE(b.next());
}

TEST_CASE("fill room: before the first event no layer runs") {
  asked<fill_room> b(fill_room{}, 2);
  for (std::uint32_t l = 2; l-- > 0;)
    for (std::uint32_t e = 0; e < 8; ++e) {
      REQUIRE(b.next() == make_expert(l, e));
      b.settle(make_expert(l, e), prefetch_fate::submitted);
    }
  CHECK_FALSE(b.next());
}

TEST_CASE("fill room: what was withdrawn is tried again, what failed is not, the layer that runs is left for later") {
  asked<fill_room> b(fill_room{}, 2);
  b.begin(1);
  CHECK(b.next() == make_expert(0, 0));
  b.begin(0);
  for (std::uint32_t e = 0; e < 8; ++e) b.settle(*b.next(), prefetch_fate::submitted);
  CHECK_FALSE(b.next());
  b.settle(make_expert(1, 3), prefetch_fate::withdrawn);
  CHECK(b.next() == make_expert(1, 3));
  b.settle(make_expert(1, 3), prefetch_fate::submitted);
  CHECK_FALSE(b.next());
  b.settle(make_expert(1, 3), prefetch_fate::failed);
  CHECK_FALSE(b.next());
  b.settle(make_expert(1, 5), prefetch_fate::withdrawn);
  CHECK(b.next() == make_expert(1, 5));
  b.link.in_flight = 4;
  CHECK_FALSE(b.next());
}

TEST_CASE("fill room: the first that has to leave ends it, unless it left because it was withdrawn") {
  asked<fill_room> b(fill_room{}, 2);
  for (std::uint32_t e = 0; e < 3; ++e) b.settle(*b.next(), prefetch_fate::submitted);
  b.settle(make_expert(1, 1), prefetch_fate::withdrawn);
  tell(b.scheduler, evicted{make_expert(1, 1)});
  REQUIRE(b.next() == make_expert(1, 1));
  b.settle(make_expert(1, 1), prefetch_fate::submitted);
  tell(b.scheduler, evicted{make_expert(1, 2)});  // its transfer failed, which is told before the fate
  b.settle(make_expert(1, 2), prefetch_fate::failed);
  REQUIRE(b.next() == make_expert(1, 2));
  b.settle(make_expert(1, 2), prefetch_fate::submitted);
  tell(b.scheduler, evicted{make_expert(1, 0)});
  CHECK_FALSE(b.next());
}

TEST_CASE("fill room: each eviction group is full for itself") {
  asked<fill_room> b(fill_room{}, 2);
  for (std::uint32_t e = 0; e < 16; ++e) b.group_of[e] = e < 8 ? 0 : 1;
  tell(b.scheduler, inventory{b.shape, b.group_of, 2, {}});
  REQUIRE(b.next() == make_expert(1, 0));
  b.settle(make_expert(1, 0), prefetch_fate::no_room);
  REQUIRE(b.next() == make_expert(0, 0));
  tell(b.scheduler, evicted{make_expert(1, 4)});
  CHECK(b.next() == make_expert(0, 0));
  tell(b.scheduler, evicted{make_expert(0, 4)});
  CHECK_FALSE(b.next());
}

}  // namespace
