// SPDX-License-Identifier: MIT
#include "same_as_its_text.hpp"

#include <moesaic/systems/adapmoe.hpp>
#include <moesaic/systems/on_demand.hpp>

TEST_CASE("adapmoe is what its description says; where no gate is asked early it is on_demand") {
  const auto run = systems_test::same_as_its_text<moesaic::systems::adapmoe>();
  CHECK(run.one_by_one.count.misses > 0);
  CHECK(run.one_by_one.count == systems_test::same_as_its_text<moesaic::systems::on_demand>().one_by_one.count);
}
