// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include <moesaic/prefetch/utility_levels.hpp>

#include "prefetch/asked.hpp"

namespace {
using namespace moesaic_test;
using prefetch::utility_levels;
using bench = asked<utility_levels>;

TEST_CASE("utility_levels: the highest level first, inside a level first come, first served") {
  bench b(utility_levels{});
  b.worth(2, 1, 3);
  b.worth(2, 5, 5);
  b.worth(1, 7, 3);
  b.worth(1, 2, 3);
  b.worth(3, 0, 5);  // its layer has not run
  CHECK_FALSE(b.next());
  b.end(2);
  CHECK(b.next() == make_expert(2, 5));
  b.end(1);
  for (const expert_id e : {make_expert(2, 5), make_expert(2, 1), make_expert(1, 2), make_expert(1, 7)}) {
    REQUIRE(b.next() == e);
    b.settle(e, prefetch_fate::submitted);
  }
  CHECK_FALSE(b.next());
}

TEST_CASE("utility_levels: what is worth nothing, or is there, is not queued; who takes room on demand leaves the queue") {
  bench b(utility_levels{});
  b.worth(1, 3, 4);
  b.worth(1, 4, -1);
  b.worth(1, 6, 2);
  b.worth(1, 7, 1);
  b.flags[b.flat(1, 3)] = residency_flag::resident;
  b.end(1);
  CHECK(b.next() == make_expert(1, 6));
  b.flags[b.flat(1, 6)] = residency_flag::in_flight;
  tell(b.scheduler, admitted{make_expert(1, 6), cause::demand});
  CHECK(b.next() == make_expert(1, 7));
  b.flags[b.flat(1, 3)] = b.flags[b.flat(1, 6)] = 0;  // evicted again: they come back when their layer has run
  CHECK(b.next() == make_expert(1, 7));
  b.end(1);
  CHECK(b.next() == make_expert(1, 3));
}

TEST_CASE("utility_levels: a layer that starts is struck wherever it stands, and comes back once") {
  bench b(utility_levels{});
  for (const std::uint32_t l : {0U, 1U, 2U})
    for (const std::uint32_t e : {1U, 4U}) b.worth(l, e, 3);
  for (const std::uint32_t l : {0U, 1U, 2U}) b.end(l);
  CHECK(b.next() == make_expert(0, 1));
  b.begin(1);  // stands in the middle
  for (const expert_id e : {make_expert(0, 1), make_expert(0, 4), make_expert(2, 1)}) {
    REQUIRE(b.next() == e);
    b.settle(e, prefetch_fate::submitted);
  }
  b.end(1);
  b.end(1);
  for (const expert_id e : {make_expert(2, 4), make_expert(1, 1), make_expert(1, 4)}) {
    REQUIRE(b.next() == e);
    b.settle(e, prefetch_fate::submitted);
  }
  CHECK_FALSE(b.next());
  bench early(utility_levels{});
  early.worth(1, 1, 3);
  early.end(1);
  early.begin(1);  // before anybody asked
  CHECK_FALSE(early.next());
}

TEST_CASE("utility_levels: below the threshold nothing moves, and it may change") {
  bench b(utility_levels{.levels = 5});
  b.worth(1, 1, 2);
  b.worth(1, 2, 4);
  b.worth(1, 3, 90);  // stands in the highest queue
  b.end(1);
  b.threshold = {91};
  CHECK_FALSE(b.next());
  b.threshold = {90};
  CHECK(b.next() == make_expert(1, 3));
  b.settle(make_expert(1, 3), prefetch_fate::submitted);
  b.threshold = {4};
  CHECK(b.next() == make_expert(1, 2));
  b.settle(make_expert(1, 2), prefetch_fate::already_there);
  CHECK_FALSE(b.next());
  b.threshold = {2};
  CHECK(b.next() == make_expert(1, 1));
  b.worth(1, 1, 1);  // a score that sank since
  CHECK_FALSE(b.next());
}

TEST_CASE("utility_levels: who finds no room stands back until a lease ends; who fails, until its layer has run") {
  for (const prefetch_fate fate : {prefetch_fate::no_room, prefetch_fate::too_late}) {
    bench b(utility_levels{});
    b.worth(1, 3, 5);
    b.worth(1, 4, 1);
    b.end(1);
    b.settle(make_expert(1, 3), fate);
    CHECK(b.next() == make_expert(1, 4));
    b.settle(make_expert(1, 4), fate);
    CHECK_FALSE(b.next());
    b.begin(2);
    CHECK_FALSE(b.next());
    b.end(2);
    CHECK(b.next() == make_expert(1, 3));
  }
  for (const prefetch_fate fate : {prefetch_fate::failed, prefetch_fate::withdrawn}) {
    bench b(utility_levels{});
    b.worth(1, 3, 5);
    b.end(1);
    b.settle(*b.next(), prefetch_fate::submitted);
    b.settle(make_expert(1, 3), fate);
    b.end(2);
    CHECK_FALSE(b.next());
    b.end(1);
    CHECK(b.next() == make_expert(1, 3));
  }
}

TEST_CASE("utility_levels: agrees with a plain list") {
  struct entry {
    expert_id who;
    std::int64_t level;
    bool refused;
  };
  std::uint64_t questions = 0, wrong = 0, named = 0;
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    splitmix dice{seed};
    const std::uint32_t depth = dice.between(1, 6);
    bench b(utility_levels{.levels = depth});
    std::vector<entry> list;  // in the order of coming
    const auto strike = [&](auto which) { std::erase_if(list, which); };
    for (int turn = 0; turn < 150; ++turn) {
      const std::uint32_t l = dice.below(4);
      if (dice.chance(200)) {
        b.begin(l);
        strike([&](const entry& e) { return number(e.who.layer) == l; });
        for (std::uint32_t e = 0; e < 8; ++e) b.worth(l, e, static_cast<std::int64_t>(dice.below(9)) - 1);
      } else if (dice.chance(300)) {
        b.end(l);
        for (entry& e : list) e.refused = false;
        for (std::uint32_t e = 0; e < 8; ++e) {
          const expert_id id = make_expert(l, e);
          const std::int64_t worth = b.scores.score(id).count;
          const bool stands = std::any_of(list.begin(), list.end(), [&](const entry& x) { return x.who == id; });
          if (worth > 0 && !stands && b.flags[b.flat(l, e)] == 0) list.push_back({id, std::min<std::int64_t>(worth, depth), false});
        }
      } else if (dice.chance(200)) {  // somebody leaves
        b.flags[b.flat(l, dice.below(8))] = 0;
      }
      b.threshold = dice.chance(300) ? utility::lowest() : utility{static_cast<std::int64_t>(dice.below(8))};
      std::optional<expert_id> slow;
      std::int64_t best = 0;
      for (const entry& e : list)
        if (!e.refused && e.level > best && b.scores.score(e.who) >= b.threshold && (e.level == depth || utility{e.level} >= b.threshold)) {
          slow = e.who;
          best = e.level;
        }
      const auto answer = b.next();
      ++questions;
      wrong += answer != slow;
      if (!answer) continue;
      ++named;
      const std::uint32_t what = dice.below(4);
      if (what == 0) {
        b.settle(*answer, prefetch_fate::no_room);
        for (entry& e : list) e.refused = e.refused || e.who == *answer;
      } else {
        b.settle(*answer, prefetch_fate::submitted);
        strike([&](const entry& e) { return e.who == *answer; });
        if (what == 1) b.settle(*answer, prefetch_fate::failed);
        if (what == 2) b.settle(*answer, prefetch_fate::arrived);
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(questions >= 100'000);
  CHECK(named >= 10'000);
}

}  // namespace
