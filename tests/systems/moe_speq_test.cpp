// SPDX-License-Identifier: MIT
#include "same_as_its_text.hpp"

#include <moesaic/systems/moe_speq.hpp>

TEST_CASE("moe_speq is what its description says") {
  const auto run = systems_test::same_as_its_text<moesaic::systems::moe_speq>();
  const moesaic::counters& c = run.one_by_one.count;
  CHECK(run.windows > 0);
  CHECK(run.drafted > run.windows);
  CHECK(c.prefetch_used > c.prefetch_wasted);
  CHECK(c.host == 0);
}
