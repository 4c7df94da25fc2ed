// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "command_line/lists.hpp"

using moesaic::command_line::split_list;
using list = std::vector<std::string>;

TEST_CASE("a list is split at the commas outside brackets") {
  CHECK(split_list("lru,lrfu(half_life=32,x=1), fifo ") == list{"lru", "lrfu(half_life=32,x=1)", "fifo"});
  CHECK(split_list("") == list{""});
  CHECK(split_list("a,,b") == list{"a", "", "b"});
}
