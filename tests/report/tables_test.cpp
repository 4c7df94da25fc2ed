// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "pages.hpp"
#include "report/tables.hpp"

using namespace moesaic::report;
using moesaic_test::made_up;
using moesaic_test::occurrences;

TEST_CASE("the least regret of each capacity is marked, equals all of them") {
  comparison c = made_up(3, 2, false);
  c.entries[1].regret = c.entries[0].regret;
  const std::string table = regret_table(grid(c));
  CHECK(occurrences(table, "class=\"best\"") == 3);
  CHECK(occurrences(table, "<td") == 6);
  CHECK(table.find(">0.500</td>") != std::string::npos);  // 2000 missed, 1000 at best
}

TEST_CASE("the bound itself does not compete, a policy that once is as good does") {
  comparison c = made_up(3, 2, false);
  c.entries[0].regret = c.entries[3].regret = 0.0;  // policy_0 at both capacities
  c.entries[1].regret = 0.0;                        // policy_1 at the first
  const std::string table = regret_table(grid(c));
  CHECK(occurrences(table, "class=\"best\"") == 2);
  CHECK(table.find("policy_1</th><td class=\"best\" style=\"--v:0.000\">0.000</td><td class=\"best\"") != std::string::npos);
}

TEST_CASE("a regret below nothing, or none, is no reason to draw a bar") {
  comparison c = made_up(2, 1, false);
  c.entries[0].regret = -0.25;
  c.entries[1].regret.reset();
  const std::string table = regret_table(grid(c));
  CHECK(table.find("style=\"--v:0.000\">-0.250</td>") != std::string::npos);
  CHECK(table.find("<td></td>") != std::string::npos);
  c.entries[0].regret.reset();
  CHECK(regret_table(grid(c)).empty());
}

TEST_CASE("the table of all numbers has what it was given, escaped") {
  comparison c = made_up(1, 1, false);
  c.entries[0].cells = {"<1>", "2"};
  const std::string table = numbers_table(c);
  CHECK(table.find("<td>&lt;1&gt;</td><td>2</td>") != std::string::npos);
  CHECK(occurrences(table, "<th scope=\"col\">") == 4);
}
