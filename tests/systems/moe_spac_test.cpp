// SPDX-License-Identifier: MIT
#include "same_as_its_text.hpp"

#include <moesaic/systems/moe_spac.hpp>

TEST_CASE("moe_spac is what its description says") {
  const auto run = systems_test::same_as_its_text<moesaic::systems::moe_spac>();
  const moesaic::counters& c = run.one_by_one.count;
  CHECK(run.windows > 0);
  CHECK(run.drafted > 4 * run.windows);
  CHECK(c.prefetch_used > 0);
  CHECK(c.bytes_demanded == moesaic::bytes{});  // a miss is never fetched
  CHECK(c.host == c.misses + c.prefetch_late);
}
