// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "pages.hpp"
#include "report/heat_map.hpp"

using namespace moesaic::report;
using moesaic_test::made_up;
using moesaic_test::occurrences;

TEST_CASE("every layer of every policy and capacity has a cell and a number") {
  const comparison c = made_up(3, 2, false, 5);
  const grid in(c);
  const std::string map = heat_map(in, "m");
  CHECK(occurrences(map, "<rect class=\"q") == 3 * 2 * 5);
  CHECK(occurrences(map, "<td>") == 3 * 2 * (5 + 1));
  CHECK(occurrences(map, "class=\"group\"") == 2);
}

TEST_CASE("the least is the lightest, the most the darkest, and a layer without accesses has none") {
  comparison c = made_up(1, 1, false, 3);
  c.entries[0].layers_accesses = {100, 200, 0};
  c.entries[0].layers_misses = {10, 150, 0};
  const grid in(c);
  const std::string map = heat_map(in, "m");
  CHECK(map.find("layer 0: 10.00 % of 100") != std::string::npos);
  CHECK(map.find("layer 1: 75.00 % of 200") != std::string::npos);
  CHECK(map.find("layer 2:") == std::string::npos);
  CHECK(occurrences(map, "class=\"q0\" x=") == 1);
  CHECK(occurrences(map, "class=\"q8\" x=") == 1);
  CHECK(map.find("<td>10.0</td><td>75.0</td><td></td>") != std::string::npos);
}

TEST_CASE("every capacity has a scale of its own, which its heading says") {
  comparison c = made_up(1, 2, false, 2);
  c.entries[0].layers_accesses = c.entries[1].layers_accesses = {100, 100};
  c.entries[0].layers_misses = {50, 60};
  c.entries[1].layers_misses = {1, 2};
  const std::string map = heat_map(grid(c), "m");
  CHECK(map.find("capacity 10%: 50.00 % to 60.00 %") != std::string::npos);
  CHECK(map.find("capacity 20%: 1.00 % to 2.00 %") != std::string::npos);
  CHECK(occurrences(map, "class=\"q0\" x=") == 2);
  CHECK(occurrences(map, "class=\"q8\" x=") == 2);
}

TEST_CASE("layers that are all alike are in the middle, and without numbers there is no figure") {
  comparison c = made_up(1, 1, false, 2);
  c.entries[0].layers_accesses = {10, 10};
  c.entries[0].layers_misses = {5, 5};
  CHECK(occurrences(heat_map(grid(c), "m"), "class=\"q4\" x=") == 2);
  c.entries[0].layers_accesses = {0, 0};
  CHECK(heat_map(grid(c), "m").empty());
  c.entries[0].layers_accesses.clear();
  c.entries[0].layers_misses.clear();
  CHECK(heat_map(grid(c), "m").empty());
}
