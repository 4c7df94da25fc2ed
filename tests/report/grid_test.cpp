// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "pages.hpp"
#include "report/grid.hpp"

using moesaic::report::comparison;
using moesaic::report::entry;
using moesaic::report::grid;

namespace {

entry one(const char* policy, const char* capacity, double share, std::uint64_t misses) {
  entry e;
  e.policy = policy;
  e.capacity = capacity;
  e.share = share;
  e.accesses = 100;
  e.misses = misses;
  return e;
}

}  // namespace

TEST_CASE("policies stand in the order in which they came, capacities by what fits") {
  comparison c;
  c.entries = {one("b", "50%", 0.5, 5), one("a", "4GB", 0.3, 6), one("b", "4GB", 0.3, 7), one("a", "4GB", 0.3, 8)};
  const grid g(c);
  CHECK(g.policies == std::vector<std::string>{"b", "a"});
  REQUIRE(g.rooms.size() == 2);
  CHECK(g.rooms[0].text == "4GB");
  CHECK(g.rooms[1].text == "50%");
  CHECK(g.at(0, 0)->misses == 7);
  CHECK(g.at(0, 1)->misses == 5);
  CHECK(g.at(1, 0)->misses == 8);  // the later of two
  CHECK(g.at(1, 1) == nullptr);
}

TEST_CASE("the least of a capacity is of those that have an answer") {
  comparison c;
  c.entries = {one("a", "1", 0.1, 5), one("b", "1", 0.1, 3), one("c", "1", 0.1, 1)};
  c.entries[0].regret = 0.5;
  c.entries[1].regret = 0.25;
  const grid g(c);
  CHECK(*g.least(0, [](const entry& e) { return e.regret; }) == 0.25);
  CHECK_FALSE(g.least(0, [](const entry& e) { return e.seconds; }));
}

TEST_CASE("of many lines those that miss least are shown first; rows are all shown") {
  comparison c = moesaic_test::made_up(30, 2, false);
  std::swap(c.entries[0].policy, c.entries[29].policy);  // the best is named last at both capacities
  std::swap(c.entries[30].policy, c.entries[59].policy);
  const grid lines(c);
  std::size_t shown = 0;
  for (std::size_t p = 0; p < 30; ++p) {
    shown += lines.shown_first(p) ? 1 : 0;
    const bool best = c.entries[p].misses < 12'000;
    CAPTURE(lines.policies[p]);
    CHECK(lines.shown_first(p) == best);
  }
  CHECK(shown == grid::shown_at_most);
  CHECK_FALSE(lines.all_shown_first());
  const comparison flat = moesaic_test::made_up(30, 1, false);
  CHECK(grid(flat).all_shown_first());
  CHECK(grid(flat).shown_first(29));
}
