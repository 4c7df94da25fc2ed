// SPDX-License-Identifier: MIT
#include "same_as_its_text.hpp"

#include <moesaic/systems/moe_infinity.hpp>

TEST_CASE("moe_infinity is what its description says, and prefetches once it has seen a sequence") {
  const auto run = systems_test::same_as_its_text<moesaic::systems::moe_infinity>();
  const moesaic::counters& c = run.one_by_one.count;
  CHECK(c.prefetch_used > 0);
  CHECK(c.host == 0);
}
