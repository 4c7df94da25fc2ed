// SPDX-License-Identifier: MIT
#include "residency_fixture.hpp"

using namespace residency_fixture;

TEST_CASE("acquire objects before any policy has seen the event") {
  auto made = residency<transports::instant<>, bundle<>>::create(shape_of(3, 4, 2, 1), transports::instant<>(16), {}, {.budget = {{4}, 1}});
  REQUIRE(made);
  CHECK(made->acquire(event_of(0, 3, {0})).error().code() == error_code::bad_argument);
  CHECK(made->acquire(event_of(0, 0, {})).error().code() == error_code::bad_argument);
  CHECK(made->acquire(event_of(0, 0, {4})).error().code() == error_code::bad_argument);
  CHECK(made->acquire(event_of(0, 0, {1, 0})).error().code() == error_code::bad_argument);
  CHECK(made->acquire(event_of(0, 0, {1, 1})).error().code() == error_code::bad_argument);
  const event_of zero(0, 0, {0}), one(0, 1, {0}), two(0, 2, {0});
  auto a = made->acquire(zero);
  REQUIRE(a);
  CHECK(made->acquire(zero).error().code() == error_code::wrong_order);
  auto b = made->acquire(one);
  REQUIRE(b);
  CHECK(made->acquire(two).error().code() == error_code::wrong_order);
  CHECK(made->set_budget({2}).error().code() == error_code::wrong_order);
  CHECK(made->count().events == 2);
}

TEST_CASE("a prefetch is withdrawn, found late, or used; it never displaces what is leased") {
  std::vector<expert_id> wishes;
  std::vector<std::pair<expert_id, prefetch_fate>> fates;
  prefetching_bundle policies;
  policies.prefetch = {&wishes, &fates};
  auto made = residency<transports::simulated<>, prefetching_bundle>::create(shape_of(3, 4, 2, 1000), transports::simulated<>({.capacity = 4}), policies,
                                                                             {.budget = {{4000}, 2}});
  REQUIRE(made);
  auto& cache = *made;
  wishes = {make_expert(1, 0)};
  {
    auto held = cache.acquire(event_of(0, 0, {0}));
    REQUIRE(held);
    CHECK(drain(*held).size() == 1);
  }
  CHECK(cache.count().prefetches == 1);
  cache.link().advance(milliseconds(1));
  {
    auto held = cache.acquire(event_of(0, 1, {0}));
    REQUIRE(held);
    CHECK(drain(*held).size() == 1);
  }
  CHECK(cache.count().hits == 1);
  CHECK(cache.count().prefetch_used == 1);
  wishes = {make_expert(2, 1), make_expert(2, 2)};
  cache.end_step({});
  {
    auto held = cache.acquire(event_of(1, 2, {1}));  // the first travels already: late. The second has not begun: withdrawn.
    REQUIRE(held);
    CHECK(drain(*held).size() == 1);
  }
  CHECK(cache.count().prefetch_late + cache.count().misses >= 1);
  CHECK(cache.count().accesses == cache.count().hits + cache.count().prefetch_late + cache.count().misses);
  CHECK(cache.in_use() <= cache.budget());
}

TEST_CASE("optional admission lets a better newcomer follow a hit of its own event") {
  // One slot, lru: all experts of the event share the key, so the higher id takes the lower id's place.
  auto made = residency<transports::simulated<>, bundle<one_group, admission::optional>>::create(shape_of(1, 4, 2, 10), transports::simulated<>(), {},
                                                                                                 {.budget = {{20}, 1}});
  REQUIRE(made);
  {
    auto held = made->acquire(event_of(0, 0, {1}));
    REQUIRE(held);
    CHECK(drain(*held).size() == 1);
  }
  auto held = made->acquire(event_of(1, 0, {1, 2}));
  REQUIRE(held);
  auto hit = held->next();
  REQUIRE((hit && *hit));
  CHECK((*hit)->expert == make_expert(0, 1));
  auto heir = held->next();
  CHECK(heir.error().code() == error_code::release_first);
  held->release(**hit);
  heir = held->next();
  REQUIRE((heir && *heir));
  CHECK((*heir)->expert == make_expert(0, 2));
  CHECK((*heir)->at == residence::slot);
  held->release(**heir);
  held->end();
  CHECK(made->view().absent(make_expert(0, 1)));
  CHECK_FALSE(made->view().absent(make_expert(0, 2)));
  CHECK(made->count().evictions == 1);
}
