// SPDX-License-Identifier: MIT
#include "same_as_its_text.hpp"

#include <moesaic/systems/hybrimoe.hpp>

TEST_CASE("hybrimoe is what its description says: device and host both work") {
  const auto run = systems_test::same_as_its_text<moesaic::systems::hybrimoe>();
  const moesaic::counters& c = run.one_by_one.count;
  CHECK(c.misses > 0);
  CHECK(c.prefetches == 0);
  CHECK(c.host < c.misses);
}
