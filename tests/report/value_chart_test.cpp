// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "pages.hpp"
#include "report/text.hpp"
#include "report/value_chart.hpp"

using namespace moesaic::report;
using moesaic_test::made_up;
using moesaic_test::occurrences;

namespace {

value_chart chart_of(const grid& in, std::vector<double> ticks) {
  value_chart chart;
  chart.kind = "k";
  chart.id = "i";
  chart.title = "t & t";
  chart.words = percent_text;
  chart.tick_words = whole_percent_text;
  chart.bound_name = "bound";
  chart.ticks = std::move(ticks);
  chart.values.assign(in.policies.size(), std::vector<std::optional<double>>(in.rooms.size(), 0.5));
  chart.bound.assign(in.rooms.size(), 1.0);
  return chart;
}

}  // namespace

TEST_CASE("the axis of ratios lies close around them and ends at whole steps") {
  CHECK(ticks_around(0.42, 0.97) == std::vector<double>{0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0});
  CHECK(ticks_around(0.50, 0.52) == std::vector<double>{0.50, 0.51, 0.52});
  CHECK(ticks_around(0.9, 0.9).size() == 2);
  CHECK(ticks_around(0, 0) == std::vector<double>{0, 0.01});
  CHECK(ticks_around(0, 1).back() == 1);
  CHECK(ticks_from_zero(7.6) == std::vector<double>{0, 2, 4, 6, 8});
}

TEST_CASE("values lie where the axis says, and those that are not there leave no mark") {
  const comparison c = made_up(2, 3, false);
  const grid in(c);
  value_chart chart = chart_of(in, {0, 0.5, 1});
  chart.values[1][1].reset();
  const std::string svg = figure(chart, in);
  CHECK(svg.find("data-start=\"290\" data-end=\"16\"") != std::string::npos);
  CHECK(occurrences(svg, "class=\"mark\"") == 2 * 3 - 1 + 3);
  CHECK(occurrences(svg, ",153.0)") == 5);                  // half way between 290 and 16
  CHECK(occurrences(svg, ",16.0)") == 3);                   // the bound at the top
  CHECK(occurrences(svg, "<polyline") == 3);
  CHECK(svg.find("policy_1 at 30%: 50.00 %") != std::string::npos);
  CHECK(svg.find("policy_1 at 20%") == std::string::npos);
  CHECK(svg.find("t &amp; t") != std::string::npos);
  CHECK(svg.find("data-live") == std::string::npos);
}

TEST_CASE("one capacity makes rows, and the bound stands upright through them") {
  const comparison c = made_up(12, 1, false);
  const grid in(c);
  const std::string svg = figure(chart_of(in, {0, 0.5, 1}), in);
  CHECK(svg.find("data-along=\"x\"") != std::string::npos);
  CHECK(occurrences(svg, "<polyline") == 0);
  CHECK(occurrences(svg, "class=\"upright\"") == 1);
  CHECK(occurrences(svg, "class=\"name line\"") == 12);
}

TEST_CASE("capacities that hold the same stand side by side") {
  comparison c = made_up(1, 2, false);
  c.entries[1].share = c.entries[0].share;
  const grid in(c);
  const std::string svg = figure(chart_of(in, {0, 1}), in);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(occurrences(svg, "translate(261.5,") == 2);  // a quarter of 70 .. 836
  CHECK(occurrences(svg, "translate(644.5,") == 2);
}

TEST_CASE("no two of the first two dozen policies are drawn alike") {
  const comparison c = made_up(24, 2, false);
  const grid in(c);
  const std::string names = legend(in, "");
  std::set<std::string> looks;
  for (std::size_t p = 0; p < 24; ++p) looks.insert(look_of(p));
  CHECK(looks.size() == 24);
  CHECK(occurrences(names, "type=\"checkbox\"") == 24);
  CHECK(occurrences(names, " checked") == grid::shown_at_most);
  CHECK(names.find("24 policies; the charts start with the 10 that miss least") != std::string::npos);
}
