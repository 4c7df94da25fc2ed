// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>

#include <moesaic/core/catalogue_entry.hpp>

using namespace moesaic;

TEST_CASE("an unknown name is answered with those that are known") {
  const std::array known{catalogue_entry{"lru", "", ""}, catalogue_entry{"lrfu", "(half_life)", ""}};
  const error why = unknown_name("lrru", "eviction policy", known);
  CHECK(why.code() == error_code::unknown_name);
  CHECK(why.sentence() == "'lrru' is no eviction policy; known are lru lrfu");
  CHECK(unknown_name("x", "scorer", {}).sentence() == "'x' is no scorer; known are");
}
