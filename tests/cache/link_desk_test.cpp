// SPDX-License-Identifier: MIT
#include <algorithm>

#include <moesaic/prefetch/fill_room.hpp>

#include "residency_fixture.hpp"

using namespace residency_fixture;

namespace {

struct world {
  std::vector<expert_id> wishes;
  std::vector<std::pair<expert_id, prefetch_fate>> fates;
  residency<transports::simulated<>, prefetching_bundle> cache;
  explicit world(std::uint64_t budget, std::uint32_t capacity = 4)
      : cache(
            std::move(*residency<transports::simulated<>, prefetching_bundle>::create(shape_of(4, 8, 2, 1000), transports::simulated<>({.capacity = capacity}),
                                                                                      [this] {
                                                                                        prefetching_bundle policies;
                                                                                        policies.prefetch = {&wishes, &fates};
                                                                                        return policies;
                                                                                      }(),
                                                                                      {.budget = {{budget}, 2}}))) {}
  [[nodiscard]] long fated(prefetch_fate f) const {
    return std::count_if(fates.begin(), fates.end(), [&](const auto& x) { return x.second == f; });
  }
};

/// A transport that forgets what it was given: it says that nothing is open.
struct forgetful {
  transports::simulated<> link{};
  [[nodiscard]] std::uint32_t capacity() const noexcept { return 4; }
  void submit(const transfer&) noexcept {}
  std::uint32_t poll(std::span<completion>) noexcept { return 0; }
  std::uint32_t wait(std::span<completion>) noexcept { return 0; }
  bool cancel(ticket) noexcept { return false; }
  [[nodiscard]] link_cost cost() const noexcept { return {}; }
  nanoseconds now() noexcept { return {}; }
};

template <class Groups>
struct filling {
  Groups groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  prefetch::fill_room prefetch{};
  placement::fetch placement{};
};
template <class Groups>
residency<transports::instant<>, filling<Groups>> filled(std::uint64_t slots) {
  auto made =
      residency<transports::instant<>, filling<Groups>>::create(shape_of(4, 8, 2, 10), transports::instant<>(), {}, {.budget = {{(slots + 2) * 10}, 2}});
  REQUIRE(made);
  made->pump_until_quiet();
  return std::move(*made);
}

/// Asks for the same expert again and again.
struct never_content {
  using hears = events<>;
  template <utility_scorer S>
  std::optional<prefetch_request> next(const scene<S>&) const noexcept {
    return prefetch_request{make_expert(0, 1), {}};
  }
  void settle(const prefetch_request&, prefetch_fate) const noexcept {}
};
struct insatiable {
  one_group groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  never_content prefetch{};
  placement::fetch placement{};
};

}  // namespace

TEST_CASE("every wish is settled: there already, no room, too late, or on its way") {
  world w(3000);  // two frames, one slot
  auto held = w.cache.acquire(event_of(0, 0, {0, 1}));
  REQUIRE(held);
  (void)drain(*held);
  w.wishes = {make_expert(0, 5), make_expert(1, 1), make_expert(9, 9)};
  w.cache.pump();
  w.cache.end_step({});
  CHECK(w.fated(prefetch_fate::too_late) == 1);  // its layer is under lease
  CHECK(w.fated(prefetch_fate::no_room) >= 1);   // the only slot is pinned
  held->end();
  w.wishes = {make_expert(0, 0)};
  w.cache.end_step({});
  CHECK(w.fated(prefetch_fate::already_there) == 1);
}

TEST_CASE("a prefetch that waits for its layer is no victim for another") {
  world w(4000);  // two frames, two slots
  w.wishes = {make_expert(1, 0), make_expert(1, 1), make_expert(2, 0)};
  for (int i = 0; i < 5; ++i) {
    w.cache.end_step({});
    w.cache.link().advance(milliseconds(1));
  }
  CHECK(w.cache.count().prefetches == 2);
  CHECK(w.cache.count().evictions == 0);
  CHECK(w.fated(prefetch_fate::no_room) >= 1);
  auto held = w.cache.acquire(event_of(0, 3, {0}));  // demand may
  REQUIRE(held);
  CHECK(drain(*held).front().at == residence::slot);
  CHECK(w.cache.count().prefetch_wasted == 1);
}

TEST_CASE("prefetch keeps the link busy for no longer than the engine was away, plus one") {
  world w(20'000, 16);
  for (std::uint32_t e = 0; e < 8; ++e) w.wishes.push_back(make_expert(1, e));
  w.cache.pump();
  CHECK(w.cache.count().prefetches <= 2);  // no gap is known yet
  const auto before = w.cache.count().prefetches;
  w.cache.link().advance(milliseconds(10));
  {
    auto held = w.cache.acquire(event_of(0, 0, {0}));
    REQUIRE(held);
  }
  w.cache.pump();
  CHECK(w.cache.count().prefetches > before + 2);
}

TEST_CASE("an engine that waits gets all that is asked for, however long the link is busy with it") {
  world w(20'000, 4);
  for (std::uint32_t e = 0; e < 8; ++e) w.wishes.push_back(make_expert(1, e));
  w.wishes.insert(w.wishes.end(), {make_expert(1, 0), make_expert(2, 0)});  // one that is there by then
  w.cache.pump_until_quiet();
  CHECK(w.wishes.empty());
  CHECK(w.fated(prefetch_fate::arrived) == 9);
  CHECK(w.cache.count().bytes_prefetched == bytes{9'000});
  CHECK_FALSE(w.cache.view().absent(make_expert(1, 7)));
  const auto held = w.cache.acquire(event_of(0, 1, {2, 3}));
  REQUIRE(held);
  CHECK(w.cache.count().hits == 2);
  CHECK(w.cache.count().prefetch_late == 0);
}

TEST_CASE("an engine that waits is let go where there is no room, where nothing arrives, and where a scheduler never ends") {
  world small(4000);  // two frames, two slots
  small.wishes = {make_expert(1, 0), make_expert(1, 1), make_expert(1, 2), make_expert(1, 3)};
  small.cache.pump_until_quiet();
  CHECK(small.cache.count().prefetches == 2);
  CHECK(small.fated(prefetch_fate::no_room) >= 1);

  auto never = residency<transports::instant<>, insatiable>::create(shape_of(1, 4, 2, 10), transports::instant<>(), {}, {.budget = {{40}, 2}});
  REQUIRE(never);
  never->pump_until_quiet();
  CHECK_FALSE(never->view().absent(make_expert(0, 1)));
  auto lost = residency<forgetful, insatiable>::create(shape_of(1, 4, 2, 10), forgetful{}, {}, {.budget = {{40}, 2}});
  REQUIRE(lost);
  lost->pump_until_quiet();
  CHECK(lost->count().failed > 0);
  CHECK(lost->in_use() == bytes{0});
}

TEST_CASE("what fills free room displaces nobody who has been wanted") {
  auto made = residency<transports::instant<>, filling<one_group>>::create(shape_of(4, 8, 2, 10), transports::instant<>(), {}, {.budget = {{220}, 2}});
  REQUIRE(made);
  auto& cache = *made;
  for (int moment = 0; moment < 10; ++moment) cache.pump();  // layers 2 and 3, and half of layer 1; the walk has not come to layer 0
  CHECK(cache.count().prefetches == 20);
  CHECK(cache.view().absent(make_expert(1, 4)));
  CHECK_FALSE(cache.view().absent(make_expert(1, 3)));
  for (std::uint32_t step = 0; step < 8; ++step) {
    for (std::uint32_t l = 0; l < 4; ++l) {
      auto held = cache.acquire(event_of(step, l, {step % 4, 7}));
      REQUIRE(held);
      (void)drain(*held);
    }
    cache.end_step({});
  }
  CHECK(cache.count().prefetches == 20);
  CHECK(cache.count().evictions == cache.count().misses);
}

TEST_CASE("each eviction group is filled, however early another is full") {
  auto cache = filled<group_per_layer>(8);
  CHECK(cache.count().prefetches == 8);
  for (std::uint32_t l = 0; l < 4; ++l) CHECK_FALSE(cache.view().absent(make_expert(l, 1)));
}

TEST_CASE("with a live lease waiting is a pump") {
  world w(20'000, 16);
  for (std::uint32_t e = 0; e < 8; ++e) w.wishes.push_back(make_expert(1, e));
  const auto held = w.cache.acquire(event_of(0, 0, {0}));
  REQUIRE(held);
  w.cache.pump_until_quiet();
  CHECK(w.cache.count().prefetches <= 2);
}

TEST_CASE("the start of a layer withdraws what has not begun: wanted goes on as demand, the rest leaves") {
  world w(20'000, 16);
  w.cache.link().advance(milliseconds(100));
  {
    auto held = w.cache.acquire(event_of(0, 0, {0}));
    REQUIRE(held);
  }
  w.wishes = {make_expert(1, 0), make_expert(1, 1), make_expert(1, 2)};
  w.cache.end_step({});
  CHECK(w.cache.count().prefetches == 3);
  w.cache.link().advance(microseconds(12));  // layer 0 has arrived, the first prefetch has begun
  auto held = w.cache.acquire(event_of(0, 1, {2}));
  REQUIRE(held);
  CHECK(w.fated(prefetch_fate::withdrawn) == 2);
  CHECK(w.cache.count().prefetch_late == 1);
  CHECK(w.cache.count().prefetch_wasted == 1);
  const auto seats = drain(*held);
  CHECK(seats.size() == 1);
  CHECK(seats.front().at == residence::slot);
  CHECK(w.cache.view().absent(make_expert(1, 1)));
}

TEST_CASE("a transport that loses transfers is reported, not waited for") {
  auto made = residency<forgetful, bundle<>>::create(shape_of(1, 4, 2, 10), forgetful{}, {}, {.budget = {{40}, 2}});
  REQUIRE(made);
  auto held = made->acquire(event_of(0, 0, {1, 3}));
  REQUIRE(held);
  CHECK(held->next().error().code() == error_code::transfer_failed);
  CHECK(held->next().error().code() == error_code::transfer_failed);
  auto end = held->next();
  REQUIRE(end);
  CHECK_FALSE(*end);
  held->end();
  CHECK(made->in_use() == bytes{0});
  CHECK(made->count().failed == 2);
}
