// SPDX-License-Identifier: MIT
#include "same_as_its_text.hpp"

#include <moesaic/systems/mixtral_offloading.hpp>
#include <moesaic/systems/on_demand.hpp>

TEST_CASE("mixtral_offloading is what its description says; where no gate is asked early it is on_demand") {
  const auto run = systems_test::same_as_its_text<moesaic::systems::mixtral_offloading>();
  CHECK(run.one_by_one.count.misses > 0);
  CHECK(run.one_by_one.count == systems_test::same_as_its_text<moesaic::systems::on_demand>().one_by_one.count);
}
