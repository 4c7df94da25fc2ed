// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/admission/optional.hpp>
#include <moesaic/admission/staging_only.hpp>
#include <moesaic/cache/extent_arena.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/eviction/random.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/placement/host.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/transport/instant.hpp>
#include <moesaic/transport/simulated.hpp>

using namespace moesaic;

namespace {

template <class Groups = group_per_layer, class Admission = admission::forced, class Eviction = eviction::lru,
          class Placement = placement::fetch>
struct bundle {
  Groups groups{};
  scoring::none scoring{};
  Eviction eviction{};
  Admission admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  Placement placement{};
};

/// A prefetcher that a test tells what to ask for.
struct scripted_prefetch {
  using hears = events<>;
  std::vector<expert_id>* wishes = nullptr;
  std::vector<std::pair<expert_id, prefetch_fate>>* fates = nullptr;
  template <utility_scorer S>
  std::optional<prefetch_request> next(const scene<S>&) const noexcept {
    if (wishes->empty()) return std::nullopt;
    return prefetch_request{wishes->front(), {}};
  }
  void settle(const prefetch_request& r, prefetch_fate f) const noexcept {
    fates->emplace_back(r.expert, f);
    if (!wishes->empty() && wishes->front() == r.expert && f != prefetch_fate::arrived) wishes->erase(wishes->begin());
  }
};

struct prefetching_bundle {
  one_group groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  scripted_prefetch prefetch{};
  placement::fetch placement{};
};

model_shape shape_of(std::uint32_t layers, std::uint32_t experts, std::uint32_t top_k, std::uint64_t each) {
  return *model_shape::uniform(layers, experts, top_k, {each});
}

struct event_of {
  std::vector<demand> wanted;
  layer_event event;
  event_of(std::uint64_t step, std::uint32_t layer, std::vector<std::uint32_t> experts) {
    for (const std::uint32_t e : experts) wanted.push_back({static_cast<expert_index>(e), 1, {}});
    event.step = {step};
    event.first_token = {step};
    event.layer = static_cast<layer_index>(layer);
    event.wanted = wanted;
  }
  operator const layer_event&() const { return event; }  // NOLINT
};

template <class Lease>
std::vector<seat> drain(Lease& held) {
  std::vector<seat> seats;
  for (;;) {
    auto next = held.next();
    REQUIRE(next);
    if (!*next) return seats;
    seats.push_back(**next);
    held.release(**next);
  }
}

}  // namespace

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

TEST_CASE("an event larger than the budget streams through the frames") {
  auto made = residency<transports::simulated<>, bundle<>>::create(shape_of(1, 64, 8, 100), transports::simulated<>(), {}, {.budget = {{100}, 2}});
  REQUIRE(made);
  std::vector<std::uint32_t> everyone;
  for (std::uint32_t e = 0; e < 64; ++e) everyone.push_back(e);
  const event_of event(0, 0, everyone);
  auto held = made->acquire(event);
  REQUIRE(held);
  const auto seats = drain(*held);
  CHECK(seats.size() == 64);
  for (const seat& s : seats) CHECK(s.at == residence::frame);
  CHECK(made->count().bypasses == 64);
  CHECK(made->peak().total == bytes{100});
  held->end();
  CHECK(made->in_use() == bytes{0});
}

TEST_CASE("keeping every frame unreleased is answered, not waited for") {
  auto made = residency<transports::simulated<>, bundle<>>::create(shape_of(1, 8, 2, 100), transports::simulated<>(), {}, {.budget = {{200}, 2}});
  REQUIRE(made);
  const event_of event(0, 0, {0, 1, 2});
  auto held = made->acquire(event);
  REQUIRE(held);
  auto first = held->next();
  auto second = held->next();
  REQUIRE((first && *first && second && *second));
  auto third = held->next();
  REQUIRE_FALSE(third);
  CHECK(third.error().code() == error_code::release_first);
  held->release(**first);
  third = held->next();
  REQUIRE((third && *third));
  CHECK((*third)->expert == make_expert(0, 2));
}

TEST_CASE("kept experts stay pinned after release, until their lease ends") {
  // Two slots in one pool: layer 1 may not take the room of what layer 0's live lease has released.
  auto made = residency<transports::instant<>, bundle<one_group>>::create(shape_of(2, 4, 2, 1), transports::instant<>(16), {}, {.budget = {{3}, 1}});
  REQUIRE(made);
  const event_of first(0, 0, {0, 1});
  const event_of second(0, 1, {0, 1});
  auto held = made->acquire(first);
  REQUIRE(held);
  CHECK(drain(*held).size() == 2);
  {
    auto other = made->acquire(second);
    REQUIRE(other);
    for (const seat& s : drain(*other)) CHECK(s.at == residence::frame);
  }
  CHECK(made->count().evictions == 0);
  held->end();
  auto other = made->acquire(second);
  REQUIRE(other);
  for (const seat& s : drain(*other)) CHECK(s.at == residence::slot);
  CHECK(made->count().evictions == 2);
}

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

TEST_CASE("the budget changes between steps, and experts leave until it holds") {
  auto made = residency<transports::instant<>, bundle<one_group>, extent_arena>::create(shape_of(2, 4, 2, 10), transports::instant<>(16), {},
                                                                                       {.budget = {{100}, 2}});
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
