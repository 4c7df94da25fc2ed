// SPDX-License-Identifier: MIT
#include "same_as_its_text.hpp"

#include <moesaic/systems/sp_moe.hpp>

TEST_CASE("sp_moe is what its description says") {
  const auto run = systems_test::same_as_its_text<moesaic::systems::sp_moe>();
  const moesaic::counters& c = run.one_by_one.count;
  CHECK(run.windows > 0);
  CHECK(run.drafted == run.windows);
  CHECK(c.misses > 0);
  CHECK(c.host == 0);
}
