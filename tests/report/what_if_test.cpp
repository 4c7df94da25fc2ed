// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>

#include "pages.hpp"
#include "report/what_if.hpp"

using namespace moesaic::report;
using moesaic_test::made_up;

TEST_CASE("a token takes as long as the slower of link and device") {
  comparison c = made_up(2, 2, true);  // 2 GB and 3 GB missed over 100 tokens, at best 1 GB
  c.link = 1e9;
  c.compute = 0.025;
  const grid g(c);
  const what_if w(c, g);
  CHECK(w.sized);
  CHECK(*w.moved(0, 0) == 2e9);
  CHECK(*w.moved(1, 1) == 3e9);
  CHECK(*w.moved_at_best(0) == 1e9);
  CHECK(w.per_token(2e9) == doctest::Approx(0.025));
  CHECK(w.per_token(3e9) == doctest::Approx(0.030));
  CHECK(w.seconds(3e9) == doctest::Approx(3.0));
  const std::string panel = w.panel("p", "bound");
  CHECK(panel.find(">40.0</td>") != std::string::npos);  // tokens/s of the bound and of policy_0: computing limits them
  CHECK(panel.find(">33.3</td>") != std::string::npos);
  CHECK(moesaic_test::occurrences(panel, "<td>link</td>") == 1);
  CHECK(moesaic_test::occurrences(panel, "<td>compute</td>") == 2);
  CHECK(panel.find("data-moved=\"3000000000 3000000000\"") != std::string::npos);
  CHECK(panel.find("data-what=\"size\"") == std::string::npos);
}

TEST_CASE("where sizes are not known, misses count and the reader says how big an expert is") {
  const comparison c = made_up(2, 1, false);
  const grid g(c);
  const what_if w(c, g);
  CHECK_FALSE(w.sized);
  CHECK(*w.moved(1, 0) == 3'000);
  CHECK(w.panel("p", "").find("data-what=\"size\"") != std::string::npos);
  CHECK(w.travel_per_token(3'000) == doctest::Approx(3'000 * w.expert_size / 100 / w.link));
}

TEST_CASE("without a word about computing it starts just below what the best moves") {
  const comparison c = made_up(3, 2, true);
  const grid g(c);
  const what_if w(c, g);
  CHECK(w.compute <= w.travel_per_token(1e9));
  CHECK(w.compute > 0.7 * w.travel_per_token(1e9));
}

TEST_CASE("a comparison without tokens or misses divides by nothing") {
  comparison c = made_up(1, 1, true);
  c.tokens = 0;
  c.entries[0].misses = 0;
  c.entries[0].bytes_missed = c.entries[0].bound_bytes = 0;
  const grid g(c);
  const what_if w(c, g);
  CHECK(w.per_token(0) == w.compute);
  CHECK(w.compute > 0);
}

TEST_CASE("a slider stops ten times in a decade and where it starts") {
  const std::vector<double> stops = slider_stops(1, 100, 28.47);
  CHECK(stops.size() == 22);
  CHECK(stops.front() == 1);
  CHECK(stops.back() == 100);
  CHECK(std::is_sorted(stops.begin(), stops.end()));
  CHECK(std::count(stops.begin(), stops.end(), 28.47) == 1);
  CHECK(slider_stops(1, 100, 25).size() == 21);
  CHECK(slider_stops(1, 100, 500).back() == 500);  // a start beyond is a stop too
}
