// SPDX-License-Identifier: MIT
#include "residency_fixture.hpp"

using namespace residency_fixture;

TEST_CASE("the conformance trace gives 30 accesses, 12 hits, 18 misses") {
  // Source of trace and counts: arXiv 2608.07911, as adopted by the counting rules. Two slots per layer, one frame.
  auto made = residency<transports::instant<>, bundle<>>::create(shape_of(3, 4, 2, 1), transports::instant<>(16), {}, {.budget = {{7}, 1}});
  REQUIRE(made);
  auto& cache = *made;
  const std::vector<std::vector<std::uint32_t>> steps{{0, 1}, {0, 2}, {0, 1}, {0, 3}, {0, 1}};
  for (std::uint64_t s = 0; s < steps.size(); ++s)
    for (std::uint32_t l = 0; l < 3; ++l) {
      const event_of event(s, l, steps[s]);
      auto held = cache.acquire(event);
      REQUIRE(held);
      CHECK(drain(*held).size() == 2);
    }
  CHECK(cache.count().accesses == 30);
  CHECK(cache.count().hits == 12);
  CHECK(cache.count().misses == 18);
  CHECK(cache.count().bypasses == 0);
}

TEST_CASE("a budget below the floor names the floor; policies that do not fit together are refused") {
  using plain = residency<transports::instant<>, bundle<>>;
  auto low = plain::create(shape_of(1, 4, 2, 100), transports::instant<>(16), {}, {.budget = {{99}, 2}});
  REQUIRE_FALSE(low);
  CHECK(low.error().code() == error_code::below_floor);
  CHECK(low.error().sentence().find("floor of 100 bytes") != std::string_view::npos);
  std::array<std::byte, 199> small{};
  CHECK_FALSE(plain::create(shape_of(1, 4, 2, 100), transports::instant<>(16), {}, {.budget = {{200}, 2}, .memory = small}));
  using unkeyed = residency<transports::instant<>, bundle<one_group, admission::optional, eviction::random>>;
  CHECK_FALSE(unkeyed::create(shape_of(1, 4, 2, 100), transports::instant<>(16), {}, {.budget = {{200}, 2}}));
}

TEST_CASE("the whole set at once: in slots, or a clear refusal") {
  using pool = residency<transports::simulated<>, bundle<one_group, admission::staging_only>>;
  auto made = pool::create(shape_of(2, 8, 2, 10), transports::simulated<>(), {}, {.budget = {{50}, 1}});
  REQUIRE(made);
  const event_of fits(0, 0, {1, 3, 5, 7}), too_many(0, 1, {0, 1, 2, 3, 4});
  {
    auto held = made->acquire(fits, holding::all);
    REQUIRE(held);
    std::vector<seat> seats;
    for (auto s = held->next(); *s; s = held->next()) seats.push_back(**s);
    CHECK(seats.size() == 4);
    for (const seat& s : seats) CHECK(s.at == residence::slot);
  }
  auto refused = made->acquire(too_many, holding::all);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == error_code::does_not_fit);
  CHECK(made->count().events == 1);
}

TEST_CASE("host placement leaves misses in place and never where the engine cannot") {
  for (const bool possible : {true, false}) {
    using hosted = residency<transports::instant<>, bundle<group_per_layer, admission::forced, eviction::lru, placement::host>>;
    auto made = hosted::create(shape_of(1, 8, 2, 10), transports::instant<>(16), {}, {.budget = {{50}, 1}, .host_possible = possible});
    REQUIRE(made);
    auto held = made->acquire(event_of(0, 0, {1, 3}));
    REQUIRE(held);
    for (const seat& s : drain(*held)) CHECK((s.at == residence::host) == possible);
    CHECK(made->count().host == (possible ? 2 : 0));
    CHECK(made->count().bytes_host == bytes{possible ? 20U : 0U});
  }
}

TEST_CASE("the budget changes between steps, and experts leave until it holds") {
  auto made =
      residency<transports::instant<>, bundle<one_group>, extent_arena>::create(shape_of(2, 4, 2, 10), transports::instant<>(16), {}, {.budget = {{100}, 2}});
  REQUIRE(made);
  for (std::uint32_t l = 0; l < 2; ++l) {
    auto held = made->acquire(event_of(0, l, {0, 1, 2, 3}));
    REQUIRE(held);
    CHECK(drain(*held).size() == 4);
  }
  CHECK(made->in_use() == bytes{80});
  REQUIRE(made->set_budget({50}));
  CHECK(made->in_use() == bytes{30});
  CHECK(made->view().absent(make_expert(0, 0)));        // least recent goes first
  CHECK_FALSE(made->view().absent(make_expert(1, 3)));
  CHECK(made->set_budget({19}).error().code() == error_code::below_floor);
  CHECK_FALSE(made->set_budget({101}));
  REQUIRE(made->set_budget({100}));
}
