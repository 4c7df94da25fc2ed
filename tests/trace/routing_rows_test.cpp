// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <limits>

#include <moesaic/trace/routing_rows.hpp>

using namespace moesaic::trace;

namespace {

static_assert(not_routed == std::numeric_limits<std::uint16_t>::max());

TEST_CASE("a row holds top-k ids of each layer, also where a 32-bit product would not do") {
  CHECK(dimensions{24, 32, 4}.row() == 96);
  CHECK(dimensions{65'535, 65'535, 65'535}.row() == 4'294'836'225U);
  CHECK(dimensions{24, 32, 4} == dimensions{24, 32, 4});
  CHECK_FALSE(dimensions{24, 32, 4} == dimensions{24, 32, 5});
}

}  // namespace
