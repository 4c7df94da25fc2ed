// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/placement/catalogue.hpp>
#include <moesaic/prediction/catalogue.hpp>
#include <moesaic/prefetch/catalogue.hpp>
#include <moesaic/scoring/catalogue.hpp>
#include <moesaic/sim/simulation.hpp>
#include <moesaic/speculation/catalogue.hpp>
#include <moesaic/systems/description.hpp>
#include <moesaic/transport/dice.hpp>

namespace systems_test {

using namespace moesaic;

/// The bundle that a description's text means.
struct as_text {
  chosen_groups groups;
  scoring::any scoring;
  eviction::any eviction;
  admission::any admission;
  prediction::any prediction;
  prefetch::any prefetch;
  placement::any placement;
  speculation::any speculation;
};

/// Tokens that keep half of their experts from one to the next, in four layers of 16 experts.
inline sim::routing_tape text_with_locality() {
  sim::routing_tape tape({4, 16, 4});
  transports::dice dice(5);
  std::vector<std::uint16_t> row(16);
  for (std::uint32_t t = 0; t < 600; ++t) {
    for (std::uint32_t l = 0; l < 4; ++l)
      for (std::uint32_t i = 0; i < 4; ++i)
        if (t == 0 || dice.below(2) == 0) row[l * 4 + i] = static_cast<std::uint16_t>(i * 4 + dice.below(4));
    REQUIRE(tape.add({.tokens = 1, .experts = row, .weights = {}, .recorded = {}}));
  }
  return tape;
}

/// The typed bundle and its text decide alike: same counters, same time, on a machine where every part matters.
template <class System>
sim::simulated_run same_as_its_text() {
  const systems::description& d = System::described;
  REQUIRE((d.scope == "layer" || d.scope == "global"));
  as_text spelt{{d.scope == "layer"},          *scoring::make(d.scoring),        *eviction::make(d.eviction),
                *admission::make(d.admission), *prediction::make(d.prediction),  *prefetch::make(d.prefetch),
                *placement::make(d.placement), *speculation::make(d.speculation)};
  sim::machine m;
  m.layer = sim::time_table(nanoseconds{4'000});
  m.expert = {sim::time_table(nanoseconds{400}), {1'000}};
  m.host = sim::host_lane{{sim::time_table(nanoseconds{3'000}), {1'000}}, true, false};
  m.links = {{{{100}, {1e9}}, {true, {}}}};
  const sim::routing_tape tape = text_with_locality();
  const model_shape shape = *model_shape::uniform(4, 16, 4, {1'000});
  const sim::simulation_options options{.budget = {{2'000 + 4 * 6'000}, 2}};
  const auto typed = sim::simulate(shape, tape, m, System{}, options);
  const auto named = sim::simulate(shape, tape, m, std::move(spelt), options);
  REQUIRE(typed);
  REQUIRE(named);
  CHECK(typed->one_by_one.count == named->one_by_one.count);
  CHECK(typed->one_by_one.took == named->one_by_one.took);
  return *typed;
}

}  // namespace systems_test
