// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <moesaic/concepts/utility_scorer.hpp>

#include "conformance/allocations.hpp"
#include "conformance/findings.hpp"
#include "conformance/policy_world.hpp"

namespace moesaic::conformance {

/// What every scorer has to hold, over random worlds. `make` gives a fresh scorer, equal each time.
template <class Make>
[[nodiscard]] findings utility_scorer_suite(Make make, std::uint32_t worlds = 60, std::uint32_t events = 150) {
  using scorer_type = decltype(make());
  findings found;
  for (std::uint32_t seed = 0; seed < worlds; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    scorer_type asked = make();
    scorer_type silent = make();     // is never asked until the end
    scorer_type travelled = make();  // lives in a bundle that is moved now and then
    std::uint64_t in_calls = 0;
    const auto hear = [&](const auto& event) {
      tell(silent, event);
      tell(travelled, event);
      const std::uint64_t before = allocations();
      tell(asked, event);
      if constexpr (!std::same_as<std::remove_cvref_t<decltype(event)>, inventory>) in_calls += allocations() - before;
      if (dice.chance(30)) {
        scorer_type moved = std::move(travelled);
        travelled = std::move(moved);
      }
      for (std::uint32_t i = 0; i < 4; ++i) {
        const std::uint32_t layer = dice.below(w->shape.layers());
        const expert_id e = make_expert(layer, dice.below(w->shape.experts(static_cast<layer_index>(layer))));
        const scorer_type& view = asked;
        const std::uint64_t then = allocations();
        const utility score = view.score(e);
        in_calls += allocations() - then;
        found.expect(view.score(e) == score, "asking twice gives two scores");
      }
    };
    play(*w, dice, events, hear, [](auto&&...) { return std::optional<expert_id>(); });
    for (std::uint32_t l = 0; l < w->shape.layers(); ++l)
      for (std::uint32_t e = 0; e < w->shape.experts(static_cast<layer_index>(l)); ++e) {
        const utility score = std::as_const(asked).score(make_expert(l, e));
        found.expect(std::as_const(silent).score(make_expert(l, e)) == score, "having been asked before changes the scores");
        found.expect(std::as_const(travelled).score(make_expert(l, e)) == score, "does not survive being moved");
      }
    found.expect(in_calls == 0, "allocates after inventory");
  }
  return found;
}

}  // namespace moesaic::conformance
