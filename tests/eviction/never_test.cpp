// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <optional>

#include <moesaic/eviction/never.hpp>
#include <moesaic/scoring/none.hpp>

#include "conformance/eviction_policy_suite.hpp"

namespace {
using namespace moesaic;
using conformance::policy_world;

TEST_CASE("never: nobody leaves, whoever there is") {
  policy_world w(*model_shape::uniform(1, 5, 1, {1}), std::vector<std::uint16_t>(8), 1);
  eviction::never policy;
  const scoring::none scores;
  for (const std::uint32_t f : {0U, 1U, 2U}) {
    w.give_room(f, residency_flag::resident);
    for (const cause why : {cause::demand, cause::prefetch})
      CHECK(policy.victim(conformance::eviction_scene_of(w, scores, 0, make_expert(0, 4), why, policy_world::everything)) == std::nullopt);
  }
}

}  // namespace
