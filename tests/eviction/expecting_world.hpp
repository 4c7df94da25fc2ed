// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <doctest/doctest.h>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/scoring/none.hpp>

#include "conformance/policy_world.hpp"

/// Random worlds in which something is expected: for policies that look at the scene's forecast.
namespace moesaic_test::expecting {

/// Nobody is kept back.
inline constexpr auto everybody = [](const auto&, const auto&, moesaic::expert_id) { return true; };

/// Holds a policy to the smallest `rank(forecast, fallback, running layer, layers, expert)` among those for whom `may_leave(world, scene,
/// expert)`; `fallback` hears what it hears.
template <class Policy, class Fallback, class Rank, class MayLeave = decltype(everybody)>
void agree(Policy fresh_policy, Fallback fresh_fallback, Rank rank, MayLeave may_leave = everybody) {
  using namespace moesaic;
  const scoring::none scores;
  std::uint64_t wrong = 0, questions = 0, all_expected = 0;
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    splitmix dice{seed};
    const auto w = conformance::policy_world::random(dice);
    w->expected = forecast(w->shape.space(), w->shape.layers(), w->shape.widest_layer());
    Policy policy = fresh_policy;
    Fallback fallback = fresh_fallback;
    splitmix says{seed + 1'000};
    const std::uint32_t often = says.chance(300) ? 900 : 300;
    const auto hear = [&]<class Event>(const Event& event) {
      tell(policy, event);
      tell(fallback, event);
      if constexpr (std::same_as<Event, layer_event>) {
        w->expected.forget(event.layer);
        for (std::uint32_t e = 0; e < w->shape.experts(event.layer); ++e)
          while (says.chance(often)) w->expected.expect(event.layer, static_cast<expert_index>(e), {says.below(8)}, {});
      }
    };
    conformance::play(*w, dice, 300, hear, [&](std::uint16_t group, expert_id newcomer, cause why, std::uint8_t mask) {
      const auto scene = conformance::eviction_scene_of(*w, scores, group, newcomer, why, mask);
      const std::optional<expert_id> victim = policy.victim(scene);
      std::optional<expert_id> least;
      bool all = true;
      for (const expert_id e : scene.candidates) {
        all = all && w->expected.expects(e);
        if (may_leave(*w, scene, e) && (!least || rank(w->expected, fallback, newcomer.layer, w->shape.layers(), e) <
                                                      rank(w->expected, fallback, newcomer.layer, w->shape.layers(), *least)))
          least = e;
      }
      wrong += victim != least;
      all_expected += all && scene.candidates.begin() != scene.candidates.end() ? 1 : 0;
      ++questions;
      return victim;
    });
  }
  CHECK(wrong == 0);
  CHECK(questions > 100'000);
  CHECK(all_expected > 1'000);
}

}  // namespace moesaic_test::expecting
