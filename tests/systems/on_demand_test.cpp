// SPDX-License-Identifier: MIT
#include "same_as_its_text.hpp"

#include <moesaic/systems/on_demand.hpp>

TEST_CASE("on_demand is what its description says") {
  const auto run = systems_test::same_as_its_text<moesaic::systems::on_demand>();
  const moesaic::counters& c = run.one_by_one.count;
  CHECK(c.misses > 0);
  CHECK(c.prefetches == 0);
  CHECK(c.host == 0);
}
