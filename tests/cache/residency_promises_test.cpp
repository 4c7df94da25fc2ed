// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "cache/residency_fixture.hpp"

// Promises that random runs can hold only by luck, each with the smallest case that breaks it.
namespace {
using namespace residency_fixture;

/// Keeps what it was given, completes it when it is waited for, and cancels what the test allows.
struct patient_link {
  std::vector<transfer>* seen = nullptr;
  std::vector<std::uint64_t>* cancellable = nullptr;
  std::vector<transfer> open{};
  [[nodiscard]] std::uint32_t capacity() const noexcept { return 8; }
  void submit(const transfer& what) noexcept {
    open.push_back(what);
    if (seen != nullptr) seen->push_back(what);
  }
  std::uint32_t poll(std::span<completion>) noexcept { return 0; }
  std::uint32_t wait(std::span<completion> out) noexcept {
    if (open.empty()) return 0;
    out[0] = {open.front().number, transfer_status::arrived, open.front().size, 0};
    open.erase(open.begin());
    return 1;
  }
  bool cancel(ticket which) noexcept {
    if (cancellable == nullptr || std::count(cancellable->begin(), cancellable->end(), which.number) == 0) return false;
    return std::erase_if(open, [=](const transfer& t) { return t.number == which; }) > 0;
  }
  [[nodiscard]] link_cost cost() const noexcept { return {{}, {1e18}}; }
  nanoseconds now() noexcept { return {}; }
};
static_assert(transport<patient_link>);

struct hosting_prefetching_bundle {
  one_group groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  scripted_prefetch prefetch{};
  placement::host placement{};
};

TEST_CASE("an heir's transfer waits for the last use of the hit whose room it takes") {
  std::vector<transfer> seen;
  auto made = residency<patient_link, bundle<one_group, admission::optional>>::create(shape_of(1, 4, 2, 10), patient_link{&seen}, {}, {.budget = {{20}, 1}});
  REQUIRE(made);
  {
    auto held = made->acquire(event_of(0, 0, {1}));
    REQUIRE(held);
    CHECK(drain(*held).size() == 1);
  }
  auto held = made->acquire(event_of(1, 0, {1, 2}));
  REQUIRE(held);
  const auto hit = held->next();
  REQUIRE((hit && *hit));
  CHECK(seen.size() == 1);                      // the heir has not started
  held->release(**hit, fence{7});
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].expert == make_expert(0, 2));
  CHECK(seen[1].after == fence{7});
  CHECK(drain(*held).size() == 1);
}

TEST_CASE("a slot that changes hands between events carries its last use along, and so does a frame") {
  std::vector<transfer> seen;
  auto made = residency<patient_link, bundle<one_group>>::create(shape_of(1, 4, 2, 10), patient_link{&seen}, {}, {.budget = {{20}, 1}});
  REQUIRE(made);
  const auto one_event = [&](std::uint64_t step, std::vector<std::uint32_t> experts, std::uint64_t first_fence) {
    auto held = made->acquire(event_of(step, 0, std::move(experts)));
    REQUIRE(held);
    for (auto s = held->next(); s && *s; s = held->next()) held->release(**s, fence{first_fence++});
  };
  one_event(0, {0, 1}, 5);  // 0 takes the slot, 1 the frame: fences 5 and 6 in the order of readiness
  one_event(1, {2, 3}, 9);
  REQUIRE(seen.size() == 4);
  CHECK(seen[0].after == fence{});
  CHECK(seen[1].after == fence{});
  CHECK(seen[2].after.number + seen[3].after.number == 5 + 6);
}

TEST_CASE("a prefetch that is withdrawn for an expert which then stays on the host gives its room back") {
  std::vector<expert_id> wishes{make_expert(1, 0), make_expert(1, 1)};
  std::vector<std::pair<expert_id, prefetch_fate>> fates;
  hosting_prefetching_bundle policies;
  policies.prefetch = {&wishes, &fates};
  auto made = residency<transports::simulated<>, hosting_prefetching_bundle>::create(shape_of(2, 4, 2, 1000), transports::simulated<>({.capacity = 8}),
                                                                                     std::move(policies), {.budget = {{6000}, 2}, .host_possible = true});
  REQUIRE(made);
  made->link().advance(milliseconds(10));
  {
    auto held = made->acquire(event_of(0, 0, {0}));
    REQUIRE(held);
  }  // a gap is known now
  made->end_step({});
  REQUIRE(made->count().prefetches == 2);
  {
    auto held = made->acquire(event_of(1, 1, {1}));  // its prefetch has not started
    REQUIRE(held);
    const auto seats = drain(*held);
    REQUIRE(seats.size() == 1);
    CHECK(seats[0].at == residence::host);
  }
  CHECK(made->view().absent(make_expert(1, 1)));
  made->link().advance(milliseconds(10));
  made->pump();
  CHECK(made->in_use() == bytes{1000});  // the other prefetch alone
  std::vector<std::uint32_t> everyone{0, 1, 2, 3};
  CHECK(made->acquire(event_of(2, 1, everyone), holding::all));  // and nobody waits for a transfer that is not open
}

TEST_CASE("when prefetches are withdrawn, each gives back its own room, whichever the transport lets go") {
  for (std::uint64_t lets_go = 1; lets_go <= 3; ++lets_go) {
    std::vector<expert_id> wishes{make_expert(1, 0), make_expert(1, 1), make_expert(1, 2)};
    std::vector<std::pair<expert_id, prefetch_fate>> fates;
    std::vector<std::uint64_t> cancellable{lets_go};
    prefetching_bundle policies;
    policies.prefetch = {&wishes, &fates};
    auto made = residency<patient_link, prefetching_bundle>::create(shape_of(2, 4, 2, 10), patient_link{nullptr, &cancellable}, std::move(policies),
                                                                    {.budget = {{100}, 2}});
    REQUIRE(made);
    made->end_step({});
    REQUIRE(made->count().prefetches == 3);
    REQUIRE(made->set_budget(bytes{100}));
    for (std::uint32_t e = 0; e < 3; ++e) CHECK(made->view().absent(make_expert(1, e)) == (e + 1 == lets_go));
    CHECK(made->in_use() == bytes{20});
    CHECK(made->count().prefetch_wasted == 1);
  }
}

TEST_CASE("no prefetch starts while a demand waits for a frame") {
  std::vector<expert_id> wishes;
  std::vector<std::pair<expert_id, prefetch_fate>> fates;
  prefetching_bundle policies;
  policies.prefetch = {&wishes, &fates};
  // Two frames, two slots; five experts at once: two are kept, three stream, one of them has to wait for a frame.
  auto made = residency<transports::simulated<>, prefetching_bundle>::create(shape_of(2, 8, 2, 100), transports::simulated<>({.capacity = 8}),
                                                                             std::move(policies), {.budget = {{400}, 2}});
  REQUIRE(made);
  made->link().advance(milliseconds(100));  // the engine has been away for long: the link may be kept busy
  {
    auto before = made->acquire(event_of(0, 1, {7}));
    REQUIRE(before);
  }
  auto held = made->acquire(event_of(0, 0, {0, 1, 2, 3, 4}));
  REQUIRE(held);
  wishes = {make_expert(1, 0)};
  made->hear(hint{});
  made->pump();
  CHECK(fates.empty());  // not even asked
  CHECK(drain(*held).size() == 5);
  held->end();
  wishes = {make_expert(1, 0)};
  made->hear(hint{});
  made->pump();
  CHECK(made->count().prefetches == 1);
}

TEST_CASE("an engine that only polls gets everything") {
  // One transfer at a time: each must be submitted by the poll that finds the link free.
  auto made =
      residency<transports::simulated<>, bundle<>>::create(shape_of(1, 8, 2, 100), transports::simulated<>({.capacity = 1}), {}, {.budget = {{600}, 2}});
  REQUIRE(made);
  auto held = made->acquire(event_of(0, 0, {0, 1, 2, 3}));
  REQUIRE(held);
  int seats = 0;
  for (int polls = 0; polls < 20 && seats < 4; ++polls) {
    const auto polled = held->try_next();
    REQUIRE(polled);
    if (polled->what == poll_result::kind::ready)
      ++seats;
    else
      made->link().advance(milliseconds(1));
  }
  CHECK(seats == 4);
  const auto last = held->try_next();
  REQUIRE(last);
  CHECK(last->what == poll_result::kind::all_handed_out);
}

}  // namespace
