// SPDX-License-Identifier: MIT
#include "same_as_its_text.hpp"

#include <moesaic/systems/host_assisted.hpp>

TEST_CASE("host_assisted is what its description says") {
  const auto run = systems_test::same_as_its_text<moesaic::systems::host_assisted>();
  const moesaic::counters& c = run.one_by_one.count;
  CHECK(c.host == c.misses + c.prefetch_late);
  CHECK(c.prefetch_used > 0);
  CHECK(c.bytes_demanded == moesaic::bytes{});
}
