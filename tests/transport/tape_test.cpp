// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/transport/tape.hpp>

using namespace moesaic;
using namespace moesaic::transports;

TEST_CASE("rows of empty polls are one entry") {
  tape t(8, 3);
  CHECK(t.capacity() == 3);
  t.add_empty_poll();
  t.add_empty_poll();
  t.add({.what = tape_entry::kind::clock, .time = {5}});
  t.add_empty_poll();
  REQUIRE(t.entries().size() == 3);
  CHECK(t.entries()[0].times == 2);
  CHECK(t.entries()[2].times == 1);
}

TEST_CASE("a full tape keeps its beginning and says that it is not complete") {
  tape t(2);
  for (std::int64_t i = 0; i < 3; ++i) {
    CHECK(t.complete());
    t.add({.what = tape_entry::kind::clock, .time = {i}});
  }
  CHECK_FALSE(t.complete());
  REQUIRE(t.entries().size() == 2);
  CHECK(t.entries()[1].time == nanoseconds{1});
}
