// SPDX-License-Identifier: MIT
#include <type_traits>

#include "residency_fixture.hpp"

using namespace residency_fixture;

namespace {
using cache_type = residency<transports::simulated<>, bundle<>>;
static_assert(!std::is_copy_constructible_v<cache_type::lease_type>);
static_assert(std::is_nothrow_move_constructible_v<cache_type::lease_type>);
static_assert(std::is_nothrow_move_assignable_v<cache_type::lease_type>);

cache_type make() { return std::move(*cache_type::create(shape_of(3, 8, 2, 10), transports::simulated<>(), {}, {.budget = {{100}, 2}})); }
}  // namespace

TEST_CASE("a moved lease is the lease; ending it twice is ending it once") {
  cache_type cache = make();
  auto first = cache.acquire(event_of(0, 0, {1, 2}));
  REQUIRE(first);
  cache_type::lease_type moved = std::move(*first);
  CHECK(drain(moved).size() == 2);
  CHECK(cache.acquire(event_of(0, 0, {1})).error().code() == error_code::wrong_order);
  moved.end();
  moved.end();
  CHECK(cache.acquire(event_of(0, 0, {1})));
}

TEST_CASE("assigning over a lease ends it") {
  cache_type cache = make();
  auto a = cache.acquire(event_of(0, 0, {1, 2}));
  auto b = cache.acquire(event_of(0, 1, {3}));
  REQUIRE((a && b));
  *a = std::move(*b);
  CHECK(cache.acquire(event_of(1, 0, {1})));
  CHECK(cache.acquire(event_of(1, 1, {3})).error().code() == error_code::wrong_order);
}

TEST_CASE("a lease that is dropped at any moment leaves no pin, no frame and no byte behind") {
  for (int handed = 0; handed <= 6; ++handed)
    for (int released = 0; released <= handed; ++released) {
      auto made =
          residency<transports::simulated<>, bundle<>>::create(shape_of(2, 8, 2, 10), transports::simulated<>({.capacity = 3}), {}, {.budget = {{60}, 2}});
      REQUIRE(made);
      {
        auto held = made->acquire(event_of(0, 0, {0, 1, 2, 3, 4, 5}));
        REQUIRE(held);
        std::vector<seat> seats;
        for (int i = 0; i < handed; ++i) {
          auto next = held->next();
          if (!next) break;  // the frames are in use: as far as this order of releases goes
          REQUIRE(*next);
          seats.push_back(**next);
          if (i < released) held->release(seats.back());
        }
      }
      CHECK(made->peak().total.count <= 60);
      auto again = made->acquire(event_of(1, 0, {0, 1, 2, 3, 4, 5, 6, 7}));
      REQUIRE(again);
      CHECK(drain(*again).size() == 8);
      again->end();
      CHECK(made->in_use().count <= 40);  // the frames are free again
    }
}

TEST_CASE("releasing a seat twice, or one that was never handed out, changes nothing") {
  cache_type cache = make();
  auto held = cache.acquire(event_of(0, 0, {0, 1, 2, 3, 4, 5, 6, 7}));
  REQUIRE(held);
  auto first = held->next();
  REQUIRE((first && *first));
  held->release(**first);
  held->release(**first);
  held->release({.entry = 99});
  held->release({.entry = 7});
  CHECK(drain(*held).size() == 7);
}
