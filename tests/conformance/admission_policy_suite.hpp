// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <moesaic/concepts/admission_policy.hpp>

#include "conformance/allocations.hpp"
#include "conformance/findings.hpp"
#include "conformance/policy_world.hpp"

namespace moesaic::conformance {

/// What every admission policy has to hold, over random scenes. `make` gives a fresh policy, equal each time.
template <class Make>
[[nodiscard]] findings admission_policy_suite(Make make, std::uint32_t worlds = 60, std::uint32_t events = 100) {
  using policy_type = decltype(make());
  findings found;
  for (std::uint32_t seed = 0; seed < worlds; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    const arbitrary_scores scores;
    policy_type asked = make(), seldom = make();
    bool displaces = false;
    bool started = false, needs_keys = false;
    std::uint64_t in_calls = 0;
    const auto any_expert = [&] {
      const std::uint32_t layer = dice.below(w->shape.layers());
      return make_expert(layer, dice.below(w->shape.experts(static_cast<layer_index>(layer))));
    };
    const auto hear = [&](const auto& event) {
      tell(seldom, event);
      const std::uint64_t then = allocations();
      tell(asked, event);
      using event_type = std::remove_cvref_t<decltype(event)>;
      if constexpr (!std::same_as<event_type, inventory>) in_calls += allocations() - then;
      if constexpr (std::same_as<event_type, inventory>) needs_keys = std::as_const(asked).displaces_own_event();
      if constexpr (std::same_as<event_type, inventory> || std::same_as<event_type, layer_event>) displaces = std::as_const(asked).displaces_own_event();
      started = started || std::same_as<event_type, layer_event>;
      found.expect(!displaces || needs_keys || !started, "displaces its own event, and did not say so before the first");
      admission_scene<arbitrary_scores> scene{{scores, w->expected, residency_view(w->shape, w->flags), {}, {}, {}, {}, {}},
                                              any_expert(),
                                              dice.chance(500) ? cause::demand : cause::prefetch,
                                              static_cast<phase>(dice.below(4)),
                                              {},
                                              {},
                                              {}};
      if (dice.chance(600)) scene.displaces = any_expert();
      if (dice.chance(700)) scene.newcomer_key = utility{static_cast<std::int64_t>(dice.below(4))};
      if (scene.displaces && dice.chance(700)) scene.displaced_key = utility{static_cast<std::int64_t>(dice.below(4))};
      const std::uint64_t before = allocations();
      const verdict said = asked.admit(scene);
      in_calls += allocations() - before;
      found.expect(said == verdict::keep || said == verdict::bypass, "answers neither keep nor bypass");
      if constexpr (admits_everyone<policy_type>) {
        found.expect(said == verdict::keep, "says that it admits everyone, and does not");
        found.expect(!std::as_const(asked).displaces_own_event(), "says that it admits everyone, and displaces its own event");
      }
      found.expect(asked.admit(scene) == said, "asking twice gives two verdicts");
      found.expect(seldom.admit(scene) == said, "having been asked before changes the verdict");
      found.expect(std::as_const(asked).displaces_own_event() == displaces, "changes its mind about displacing its own event within an event");
    };
    play(*w, dice, events, hear, [](auto&&...) { return std::optional<expert_id>(); });
    found.expect(in_calls == 0, "allocates after inventory");
  }
  return found;
}

}  // namespace moesaic::conformance
