// SPDX-License-Identifier: MIT
#include "same_as_its_text.hpp"

#include <moesaic/systems/prefetching.hpp>

TEST_CASE("prefetching is what its description says") {
  const auto run = systems_test::same_as_its_text<moesaic::systems::prefetching>();
  const moesaic::counters& c = run.one_by_one.count;
  CHECK(c.prefetch_used > 0);
  CHECK(c.host == 0);
}
