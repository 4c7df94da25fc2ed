// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <limits>

#include <moesaic/speculation/step_times.hpp>

#include "support/governor_bench.hpp"

namespace {
using namespace moesaic_test;
using speculation::anchored_line;
using speculation::recent_line;
using speculation::step_times;

TEST_CASE("a line: one point and the guessed slope, by hand") {
  recent_line l(0.5, 1);
  CHECK_FALSE(l.knows());
  CHECK(l.at(3) == 0);
  l.add(0, 100);
  CHECK(l.at(0) == doctest::Approx(100));
  CHECK(l.at(4) == doctest::Approx(300));
}

TEST_CASE("a line: many points on a line are that line; it never falls") {
  recent_line l(0.3, 1), falling(0.3, 1);
  for (int i = 0; i < 200; ++i) {
    l.add(i % 5, 70 + 20 * (i % 5));
    falling.add(i % 5, 100 - 20 * (i % 5));
  }
  CHECK(l.at(0) == doctest::Approx(70).epsilon(0.01));
  CHECK(l.at(8) == doctest::Approx(230).epsilon(0.01));
  CHECK(falling.at(8) >= falling.at(0));
}

TEST_CASE("an anchored line: its value at 0 stays what was measured there, its rise what was measured elsewhere") {
  anchored_line l, never_at_zero;
  l.anchor(100);
  CHECK(l.at(0) == doctest::Approx(100));
  CHECK(l.at(2) == doctest::Approx(160));  // the guessed slope, .3
  for (int i = 0; i < 200; ++i) l.add(1 + i % 5, 100 + 84 * (1 + i % 5));
  CHECK(l.at(0) == doctest::Approx(100));
  CHECK(l.at(4) == doctest::Approx(436).epsilon(0.01));
  for (int i = 0; i < 100; ++i) l.add(2, 10);  // falls: never below flat
  CHECK(l.at(9) >= l.at(0));
  never_at_zero.add(2, 160);
  CHECK(never_at_zero.at(0) == doctest::Approx(100));
}

TEST_CASE("step times: drafts, passes, and passes without waiting") {
  step_times t;
  CHECK(t.observe(went(0, 0, 0, 0, 1'000, 400)));
  CHECK(t.pass(0) == doctest::Approx(1'000));
  CHECK(t.computing(0) == doctest::Approx(600));
  CHECK(t.drafting(5) == 0);
  CHECK(t.observe(went(4, 4, 2, 200, 2'000, 0)));
  CHECK(t.drafting(3) == doctest::Approx(150));
}

TEST_CASE("step times: what is no time teaches nothing") {
  step_times t;
  constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
  for (const step_outcome& o : {went(1, 1, 0, -5, 10), went(1, 1, 0, 5, -10), went(1, 1, 0, never, 10), went(1, 1, 0, 5, never), went(0, 0, 0, 0, 5, -1)})
    CHECK_FALSE(t.observe(o));
  CHECK_FALSE(t.knows());
  CHECK_FALSE(t.knows_drafting());
  CHECK(t.observe(went(0, 0, 0, 0, 5, 50)));  // waited longer than it took: waited all the time
  CHECK(t.computing(0) == 0);
}

}  // namespace
