// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <string>

#include "residency_fixture.hpp"

using namespace residency_fixture;

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

TEST_CASE("a frame that has arrived goes before residents that are still to be handed out") {
  // Otherwise the link stands still while the engine works through its hits: 1.34 instead of 1.03 of the unavoidable time.
  using pool = residency<transports::simulated<>, bundle<group_per_layer, admission::staging_only>>;
  auto made = pool::create(shape_of(1, 8, 2, 1000), transports::simulated<>(), {}, {.budget = {{6000}, 2}});
  REQUIRE(made);
  {
    auto held = made->acquire(event_of(0, 0, {0, 1, 2}), holding::all);
    REQUIRE(held);
    CHECK(drain(*held).size() == 3);
  }
  auto held = made->acquire(event_of(1, 0, {0, 1, 2, 5}));
  REQUIRE(held);
  auto first = held->next();
  REQUIRE((first && *first));
  CHECK((*first)->at == residence::slot);
  made->link().advance(milliseconds(1));  // the engine computes; expert 5 arrives meanwhile
  auto second = held->next();
  REQUIRE((second && *second));
  CHECK((*second)->expert == make_expert(0, 5));
  CHECK((*second)->at == residence::frame);
}

namespace {

/// Every transfer fails once it is waited for, with an error number of its own.
struct broken_link {
  std::vector<completion> open{};
  bool talks = true;
  [[nodiscard]] std::uint32_t capacity() const noexcept { return 4; }
  void submit(const transfer& what) noexcept {
    open.push_back({what.number, transfer_status::read_error, {}, 100 + static_cast<int>(number(what.expert.expert))});
  }
  std::uint32_t poll(std::span<completion>) noexcept { return 0; }
  std::uint32_t wait(std::span<completion> out) noexcept {
    const auto told = static_cast<std::uint32_t>(std::min(out.size(), open.size()));
    std::copy_n(open.begin(), told, out.begin());
    open.erase(open.begin(), open.begin() + told);
    return told;
  }
  [[nodiscard]] bool cancel(ticket) noexcept { return false; }
  [[nodiscard]] link_cost cost() const noexcept { return {{}, {1e9}}; }
  nanoseconds now() noexcept { return {}; }
  [[nodiscard]] std::optional<error> explain(expert_id e, const completion& how) const noexcept {
    if (!talks) return std::nullopt;
    return error(error_code::bad_file, "file ", number(e.expert), " is gone, errno ", how.system_error);
  }
};
static_assert(explaining_transport<broken_link> && explain_transport<broken_link>());

}  // namespace

TEST_CASE("transfers that fail together are explained one by one, each by its own expert") {
  using pool = residency<broken_link, bundle<>>;
  for (const bool talks : {true, false}) {
    auto made = pool::create(shape_of(1, 8, 2, 1000), broken_link{.talks = talks}, {}, {.budget = {{6000}, 2}});
    REQUIRE(made);
    auto held = made->acquire(event_of(0, 0, {3, 5}));
    REQUIRE(held);
    for (const char* expert : {"3", "5"}) {
      const auto next = held->next();
      REQUIRE_FALSE(next);
      CHECK(next.error().code() == error_code::transfer_failed);
      const std::string why(next.error().sentence());
      CHECK(why == (talks ? "file " + std::string(expert) + " is gone, errno 10" + expert
                          : "expert (layer 0, expert " + std::string(expert) + ") of 1000 bytes did not arrive: the source could not be read (system error 10" +
                                expert + ")"));
    }
  }
}
