// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/systems/catalogue.hpp>
#include <string>

using namespace moesaic;

TEST_CASE("every system is found by its name, and has a line of help") {
  for (const systems::description& d : systems::entries()) {
    const auto found = systems::find(d.name);
    REQUIRE(found);
    CHECK(found->help == d.help);
    CHECK_FALSE(d.help.empty());
  }
}

TEST_CASE("an unknown one is answered with the known") {
  const auto none = systems::find("magic");
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == error_code::unknown_name);
  std::string known = "'magic' is no system; known are";
  for (const systems::description& d : systems::entries()) known.append(" ").append(d.name);
  CHECK(none.error().sentence() == known);
}
