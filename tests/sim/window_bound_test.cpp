// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include <moesaic/sim/window_bound.hpp>

#include "past_windows.hpp"

using namespace moesaic;
using moesaic_test::plain_event;
using sim::bound_rule;
using sim::past_record;
using sim::standing;
using kind = past_record::kind;

namespace {

std::vector<past_record> records_of(const std::vector<plain_event>& events, const model_shape& shape) {
  std::vector<past_record> past;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i == 0 || events[i].step != events[i - 1].step) past.push_back({0, kind::step});
    past.push_back({0, kind::event});
    for (const std::uint32_t e : events[i].wanted) past.push_back({shape.space().flat(make_expert(events[i].layer, e)), kind::wanted});
  }
  return past;
}

/// The least misses there can be, by trying every content after every event.
std::uint64_t least_by_search(const std::vector<plain_event>& events, std::size_t at, std::set<std::uint32_t> here, std::size_t room) {
  if (at == events.size()) return 0;
  std::uint64_t missing = 0;
  std::vector<std::uint32_t> all(here.begin(), here.end());
  for (const std::uint32_t e : events[at].wanted)
    if (!here.contains(e)) {
      ++missing;
      all.push_back(e);
    }
  std::uint64_t least = ~std::uint64_t{};
  for (std::uint32_t kept = 0; kept < 1U << all.size(); ++kept) {
    std::set<std::uint32_t> next;
    for (std::size_t i = 0; i < all.size(); ++i)
      if ((kept >> i & 1U) != 0) next.insert(all[i]);
    if (next.size() == std::min(room, all.size())) least = std::min(least, least_by_search(events, at + 1, next, room));
  }
  return missing + least;
}

TEST_CASE("window_bound: worked by hand") {
  const model_shape shape = *model_shape::uniform(1, 8, 2, {1});
  sim::window_bound bound(inventory{shape}, 100);
  // Room 2, found by what was filled: 0 and 1 are there. {2} comes, and is not wanted again; {0}, {1} are.
  const std::vector<plain_event> events{{0, 0, {2}}, {1, 0, {0}}, {2, 0, {1}}, {3, 0, {0}}};
  std::vector<standing> before(shape.space().size(), standing::absent);
  before[0] = before[1] = standing::resident;
  // What was: 2 took the place of 0, 0 that of 1, 1 that of 2, and 0 was still there.
  std::vector<past_record> past = records_of(events, shape);
  past.insert(past.begin() + 3, {{0, kind::left}, {2, kind::demanded}});
  past.insert(past.begin() + 8, {{1, kind::left}, {0, kind::demanded}});
  past.insert(past.begin() + 13, {{2, kind::left}, {1, kind::demanded}});
  const sim::window_counts forced = bound.measure(past, before, bound_rule::forced);
  CHECK(forced == sim::window_counts{4, 4, 4, 3, 0, 2});
  CHECK(forced.regret() == doctest::Approx(1.0 / 3));
  CHECK(bound.measure(past, before, bound_rule::optional) == sim::window_counts{4, 4, 4, 3, 0, 1});
  CHECK(bound.measure({}, before, bound_rule::forced) == sim::window_counts{});
  CHECK(sim::window_counts{}.regret() == 0);
}

TEST_CASE("window_bound: an expert fetched ahead costs when it is wanted; one from before the window does not") {
  const model_shape shape = *model_shape::uniform(1, 8, 2, {1});
  sim::window_bound bound(inventory{shape}, 100);
  std::vector<standing> before(shape.space().size(), standing::absent);
  before[5] = standing::unused;
  std::vector<past_record> past = records_of({{0, 0, {1}}, {1, 0, {5}}, {2, 0, {4}}, {3, 0, {4}}}, shape);
  past.insert(past.begin() + 3, {{1, kind::demanded}, {4, kind::fetched_ahead}, {6, kind::fetched_ahead}});
  CHECK(bound.measure(past, before, bound_rule::forced) == sim::window_counts{4, 4, 4, 2, 1, 2});
}

TEST_CASE("window_bound: the optional bound is the least there can be, the forced one is not below it") {
  moesaic_test::splitmix dice{11};
  const model_shape shape = *model_shape::uniform(1, 6, 2, {1});
  sim::window_bound bound(inventory{shape}, 200);
  std::uint32_t above = 0;
  for (std::uint32_t i = 0; i < 300; ++i) {
    std::vector<plain_event> events;
    for (std::uint32_t s = 0; s < 6; ++s) {
      std::set<std::uint32_t> set{dice.below(6)};
      if (dice.chance(400)) set.insert(dice.below(6));
      events.push_back({s, 0, {set.begin(), set.end()}});
    }
    const std::uint32_t room = dice.between(1, 3);
    std::vector<standing> before(shape.space().size(), standing::absent);
    std::set<std::uint32_t> here;
    while (here.size() < room) here.insert(dice.below(6));
    for (const std::uint32_t f : here) before[f] = standing::resident;
    const auto past = records_of(events, shape);
    const std::uint64_t optional = bound.measure(past, before, bound_rule::optional).bound, forced = bound.measure(past, before, bound_rule::forced).bound;
    CHECK(optional == least_by_search(events, 0, here, room));
    CHECK(forced >= optional);
    above += forced > optional;
  }
  CHECK(above > 30);
}

template <class Groups>
void agree_with_replay(std::uint64_t seed, std::uint64_t room_of_all) {
  moesaic_test::splitmix dice{seed};
  const model_shape shape = *model_shape::uniform(3, 12, 2, {1});
  std::vector<std::uint16_t> group_of(shape.space().size());
  const Groups groups;
  for (std::uint32_t f = 0; f < group_of.size(); ++f) group_of[f] = static_cast<std::uint16_t>(groups.group_of(shape, shape.space().id(f)));
  const inventory all{shape, group_of, groups.count(shape)};
  sim::window_bound bound(all, 4'000);
  const std::uint64_t room = room_of_all / groups.count(shape);
  for (std::uint32_t i = 0; i < 40; ++i) {
    const auto events = moesaic_test::random_events(dice, 3, 12, 60);
    std::set<std::uint32_t> contents;
    std::vector<std::uint64_t> used(groups.count(shape));
    std::vector<standing> before(shape.space().size(), standing::absent);
    for (std::uint32_t l = 0; l < 3; ++l)
      for (std::uint32_t e = 0; e < 12; ++e) {
        const std::uint32_t f = shape.space().flat(make_expert(l, (e * 5 + l + i) % 12));
        if (used[group_of[f]] == room) continue;
        ++used[group_of[f]];
        contents.insert(f);
        before[f] = standing::resident;
      }
    const auto past = records_of(events, shape);
    CHECK(bound.measure(past, before, bound_rule::forced).bound == moesaic_test::belady_misses<admission::forced>(shape, groups, room, contents, events));
    CHECK(bound.measure(past, before, bound_rule::optional).bound == moesaic_test::belady_misses<admission::optional>(shape, groups, room, contents, events));
  }
}

TEST_CASE("window_bound: equals belady in the replay, per layer and in one pool") {
  for (const std::uint64_t room : {3U, 9U, 18U, 30U}) {
    agree_with_replay<group_per_layer>(room, room);
    agree_with_replay<one_group>(room + 100, room);
  }
}

}  // namespace
