// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <moesaic/concepts/hears.hpp>

namespace {
using namespace moesaic;

struct hears_nothing {
  using hears = events<>;
};
struct hears_all {
  using hears = events<inventory, layer_event, admitted, evicted, lease_ended, step_outcome, hint, draft_cut, draft_started, token_drafted, draft_ended>;
  std::vector<int> heard;
  void on(const inventory&) { heard.push_back(0); }
  void on(const layer_event&) noexcept { heard.push_back(1); }
  void on(const admitted&) noexcept { heard.push_back(2); }
  void on(const evicted&) noexcept { heard.push_back(3); }
  void on(const lease_ended&) noexcept { heard.push_back(4); }
  void on(const step_outcome&) noexcept { heard.push_back(5); }
  void on(const hint&) noexcept { heard.push_back(6); }
  void on(const draft_cut&) noexcept { heard.push_back(7); }
  void on(const draft_started&) noexcept { heard.push_back(8); }
  void on(const token_drafted&) noexcept { heard.push_back(9); }
  void on(const draft_ended&) noexcept { heard.push_back(10); }
};
struct hears_by_value {
  using hears = events<evicted>;
  void on(evicted) noexcept {}
};
struct hears_anything {
  using hears = events<layer_event, evicted>;
  void on(const auto&) noexcept {}
};
struct inventory_without_throwing {
  using hears = events<inventory>;
  void on(const inventory&) noexcept {}
};
static_assert(listener<hears_nothing> && listener<hears_all> && listener<hears_by_value> && listener<hears_anything>);
static_assert(listener<inventory_without_throwing>);

struct says_nothing {
  void on(const evicted&) noexcept {}
};
struct says_it_in_private {
  void on(const evicted&) noexcept {}

 private:
  using hears [[maybe_unused]] = events<evicted>;
};
struct says_something_else {
  using hears = int;
};
struct misspelt_handler {
  using hears = events<evicted>;
  void no(const evicted&) noexcept {}
};
struct misspelt_declaration {
  using hear = events<evicted>;
  void on(const evicted&) noexcept {}
};
struct one_of_two_missing {
  using hears = events<admitted, evicted>;
  void on(const admitted&) noexcept {}
};
struct may_throw {
  using hears = events<evicted>;
  void on(const evicted&) {}
};
struct answers_something {
  using hears = events<evicted>;
  bool on(const evicted&) noexcept { return true; }
};
struct inventory_answers_something {
  using hears = events<inventory>;
  bool on(const inventory&) { return true; }
};
struct wants_to_change_the_event {
  using hears = events<evicted>;
  void on(evicted&) noexcept {}
};
struct takes_the_expert_instead {
  using hears = events<evicted>;
  void on(expert_id) noexcept {}
};
struct handler_is_private {
  using hears = events<evicted>;

 private:
  void on(const evicted&) noexcept {}
};
static_assert(!listener<says_nothing> && !listener<says_it_in_private> && !listener<says_something_else>);
static_assert(!declares_events<says_nothing> && !declares_events<says_it_in_private> && !declares_events<misspelt_declaration>);
static_assert(!listener<misspelt_handler> && !listener<misspelt_declaration> && !listener<one_of_two_missing>);
static_assert(!listener<may_throw> && !listener<answers_something> && !listener<inventory_answers_something>);
static_assert(!listener<wants_to_change_the_event> && !listener<takes_the_expert_instead> && !listener<handler_is_private>);
static_assert(!listener<int>);

// Telling costs nothing where nobody listens, and can only throw where memory is taken.
static_assert(noexcept(tell(std::declval<hears_all&>(), std::declval<const evicted&>())));
static_assert(!noexcept(tell(std::declval<hears_all&>(), std::declval<const inventory&>())));
static_assert(std::is_trivially_copyable_v<admitted> && std::is_trivially_copyable_v<evicted> && std::is_trivially_copyable_v<lease_ended>);

struct counts_evictions_only {
  using hears = events<evicted>;
  int told = 0;
  void on(const evicted&) noexcept { ++told; }
  void on(const admitted&) noexcept { told += 1'000; }  // can, but did not say so
};

TEST_CASE("a policy is told what it listens to, each event by its own handler") {
  const auto shape = model_shape::uniform(1, 4, 1, {1});
  REQUIRE(shape);
  hears_all all;
  tell(all, inventory{.shape = *shape, .group_of = {}, .groups = 1});
  tell(all, layer_event{});
  tell(all, admitted{make_expert(0, 1), cause::demand});
  tell(all, evicted{make_expert(0, 1)});
  tell(all, lease_ended{{1}, layer_index{0}});
  tell(all, step_outcome{});
  tell(all, hint{});
  tell(all, draft_cut{{2}});
  tell(all, draft_started{{4}});
  tell(all, token_drafted{{1}, {500}});
  tell(all, draft_ended{{1}});
  CHECK(all.heard == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
}

TEST_CASE("what is not declared is not told") {
  counts_evictions_only policy;
  tell(policy, admitted{make_expert(0, 1), cause::demand});
  tell(policy, layer_event{});
  CHECK(policy.told == 0);
  tell(policy, evicted{make_expert(0, 1)});
  CHECK(policy.told == 1);
  hears_nothing nothing;
  tell(nothing, evicted{make_expert(0, 1)});
}

struct counts_by_index {
  using hears = events<layer_event, evicted>;
  using takes_flats = counts_by_index;
  std::uint32_t sum = 0, without = 0;
  void on(const layer_event&) noexcept { ++without; }
  void on(const evicted&) noexcept { ++without; }
  void on(const layer_event&, std::span<const std::uint32_t> flats) noexcept {
    for (const std::uint32_t flat : flats) sum += flat;
  }
  void on(const evicted&, std::uint32_t flat) noexcept { sum += flat; }
  void on(const admitted&, std::uint32_t) noexcept { sum += 1'000; }  // can, but did not say so
};

TEST_CASE("who takes flat indices gets them instead, who does not is told the event alone") {
  counts_by_index policy;
  tell(policy, layer_event{}, std::vector<std::uint32_t>{1, 2});
  tell(policy, evicted{make_expert(0, 1)}, std::uint32_t{4});
  tell(policy, admitted{make_expert(0, 1), cause::demand}, std::uint32_t{8});
  CHECK(policy.sum == 7);
  CHECK(policy.without == 0);
  tell(policy, evicted{make_expert(0, 1)});
  CHECK(policy.without == 1);
  counts_evictions_only other;
  tell(other, evicted{make_expert(0, 1)}, std::uint32_t{4});
  tell(other, admitted{make_expert(0, 1), cause::demand}, std::uint32_t{4});
  CHECK(other.told == 1);
}

struct counts_differently : counts_by_index {
  using counts_by_index::on;
  void on(const evicted&) noexcept { without += 100; }
};
static_assert(flat_listener<counts_by_index> && !flat_listener<counts_differently> && !flat_listener<counts_evictions_only>);

TEST_CASE("who derives from a policy that takes flat indices and hears an event in its own way is told the event") {
  counts_differently policy;
  tell(policy, evicted{make_expert(0, 1)}, std::uint32_t{4});
  CHECK(policy.without == 100);
  CHECK(policy.sum == 0);
}

TEST_CASE("the inventory hands out the space of its shape") {
  const auto shape = model_shape::uniform(3, 5, 1, {1});
  REQUIRE(shape);
  const inventory all{.shape = *shape, .group_of = {}, .groups = 1};
  CHECK(all.space().size() == 24);
  CHECK(&all.space() == &shape->space());
}

}  // namespace
