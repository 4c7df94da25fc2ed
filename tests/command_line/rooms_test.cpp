// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <vector>

#include "command_line/rooms.hpp"

using namespace moesaic;
using command_line::wants_exact_rooms;

TEST_CASE("exact rooms are for one pool over sizes that differ by more than a sixteenth") {
  const std::vector<bytes> mixed{{1'600}, {0}, {1'800}}, alike{{1'600}, {0}, {1'700}};
  CHECK(wants_exact_rooms(false, mixed));
  CHECK_FALSE(wants_exact_rooms(true, mixed));
  CHECK_FALSE(wants_exact_rooms(false, alike));
}
