// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <moesaic/concepts/eviction_policy.hpp>

#include "conformance/allocations.hpp"
#include "conformance/findings.hpp"
#include "conformance/policy_world.hpp"

namespace moesaic::conformance {

/// Tells what there is to tell, as an owner does that knows the flat indices.
template <class Policy, class Event>
void tell_with_flats(Policy& policy, const Event& event, const expert_space& space) {
  if constexpr (std::same_as<Event, layer_event>) {
    std::vector<std::uint32_t> flats;
    for (const demand& d : event.wanted) flats.push_back(space.flat(event.layer, d.expert));
    tell(policy, event, flats);
  } else if constexpr (std::same_as<Event, admitted> || std::same_as<Event, evicted>) {
    tell(policy, event, space.flat(event.expert));
  } else {
    tell(policy, event);
  }
}

enum class promise : std::uint8_t { may_refuse, never_refuses };

/// What every eviction policy has to hold, over random worlds. `make` gives a fresh policy, equal each time.
template <class Make>
[[nodiscard]] findings eviction_policy_suite(Make make, promise given, std::uint32_t worlds = 100, std::uint32_t events = 200) {
  using policy_type = decltype(make());
  findings found;
  const arbitrary_scores scores;
  for (std::uint32_t seed = 0; seed < worlds; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    policy_type asked = make();     // hears every question, most of them more than once
    policy_type seldom = make();    // is asked only for those that count
    policy_type travelled = make(); // lives in a bundle that is moved now and then
    policy_type indexed = make(); // is told flat indices, too
    std::uint64_t in_calls = 0;
    w->expected = forecast(w->shape.space(), w->shape.layers(), w->shape.widest_layer());
    splitmix says{seed + 1'000};  // what a predictor says, for those who look

    const auto tell_all = [&](const auto& event) {
      tell(seldom, event);
      tell(travelled, event);
      tell_with_flats(indexed, event, w->shape.space());
      const std::uint64_t before = allocations();
      tell(asked, event);
      if constexpr (!std::same_as<std::remove_cvref_t<decltype(event)>, inventory>) in_calls += allocations() - before;
      if constexpr (std::same_as<std::remove_cvref_t<decltype(event)>, layer_event>) {
        w->expected.forget(event.layer);
        for (std::uint32_t n = says.below(40); n > 0; --n)
          w->expected.expect(event.layer, static_cast<expert_index>(says.below(w->shape.experts(event.layer))), {says.below(8)}, {});
      }
      if (dice.chance(30)) {
        policy_type moved = std::move(travelled);
        travelled = std::move(moved);
      }
    };
    const auto ask_all = [&](std::uint16_t group, expert_id newcomer, cause why, std::uint8_t mask) -> std::optional<expert_id> {
      const auto scene = eviction_scene_of(*w, scores, group, newcomer, why, mask);
      const std::uint64_t before = allocations();
      const std::optional<expert_id> victim = asked.victim(scene);
      in_calls += allocations() - before;
      found.expect(!victim || scene.candidates.contains(*victim), "names somebody who is no candidate");
      found.expect(asked.victim(scene) == victim, "asking twice gives two answers");

      auto shuffled = w->members[group];
      for (std::size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[dice.below(static_cast<std::uint32_t>(i))]);
      auto other = scene;
      other.candidates = candidate_view(w->shape.space(), shuffled, w->flags, mask);
      found.expect(asked.victim(other) == victim, "the order of the candidates changes the answer");

      auto nobody = scene;
      nobody.candidates = candidate_view(w->shape.space(), {}, {}, mask);
      found.expect(!asked.victim(nobody), "names somebody where there is nobody");
      found.expect(asked.victim(scene) == victim, "a question about others changes the answer");
      if constexpr (requires { asked.victim_index(scene); }) {
        const std::uint64_t until_now = allocations();
        const std::uint32_t flat = asked.victim_index(scene);
        in_calls += allocations() - until_now;
        found.expect(victim_at(flat, w->shape.space()) == victim, "victim_index names another expert than victim");
        found.expect(asked.victim_index(nobody) == no_victim, "victim_index names somebody where there is nobody");
        found.expect(asked.victim(scene) == victim, "asking for victim_index changes the answer");
      }

      found.expect(seldom.victim(scene) == victim, "having been asked before changes the answer");
      found.expect(travelled.victim(scene) == victim, "does not survive being moved");
      found.expect(indexed.victim(scene) == victim, "being told flat indices changes the answer");

      const bool somebody = scene.candidates.begin() != scene.candidates.end();
      if (given == promise::never_refuses) found.expect(victim.has_value() || !somebody, "refuses, and promised never to");
      if (victim && key_of(asked, *victim)) {
        for (const expert_id e : scene.candidates)
          found.expect(std::pair(*key_of(asked, *victim), *victim) <= std::pair(*key_of(asked, e), e), "names somebody whose (key, id) is not the smallest");
      }
      return victim;
    };
    play(*w, dice, events, tell_all, ask_all);
    found.expect(in_calls == 0, "allocates after inventory");
  }
  return found;
}

}  // namespace moesaic::conformance
