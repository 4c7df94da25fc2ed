// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/placement_policy.hpp>

#include "conformance/allocations.hpp"
#include "conformance/findings.hpp"
#include "conformance/policy_world.hpp"

namespace moesaic::conformance {

/// What every placement policy has to hold, over random misses. `make` gives a fresh policy, equal each time.
template <class Make>
[[nodiscard]] findings placement_policy_suite(Make make, std::uint32_t worlds = 60, std::uint32_t events = 100) {
  using policy_type = decltype(make());
  findings found;
  for (std::uint32_t seed = 0; seed < worlds; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    const arbitrary_scores scores;
    policy_type asked = make(), seldom = make();
    std::uint64_t in_calls = 0;
    const auto hear = [&](const auto& event) {
      using event_type = std::remove_cvref_t<decltype(event)>;
      tell(seldom, event);
      const std::uint64_t then = allocations();
      tell(asked, event);
      if constexpr (!std::same_as<event_type, inventory>) in_calls += allocations() - then;
      if constexpr (std::same_as<event_type, layer_event>) {
        std::vector<miss> misses;
        for (const demand& d : event.wanted) {
          const expert_id e{event.layer, d.expert, {}};
          const std::uint8_t flags = w->flags[w->flat(e)];
          if ((flags & residency_flag::resident) != 0) continue;
          const bool under_way = (flags & residency_flag::in_flight) != 0;
          misses.push_back({e, d.tokens, w->shape.size_of(e), under_way, {under_way ? static_cast<std::int64_t>(dice.below(9'000)) : 0}});
        }
        scene<arbitrary_scores> now{scores, w->expected, residency_view(w->shape, w->flags), {}, event.layer, event.first_token, {}, {}};
        now.link = {{100}, {1e9}, {dice.below(5'000)}, dice.below(5), 16, {}};
        now.threshold = std::as_const(asked).threshold();
        constexpr auto untouched = static_cast<remedy>(77);
        std::vector<remedy> first(misses.size() + 2, remedy::fetch), second = first;  // one entry more on either side
        first.front() = first.back() = second.front() = second.back() = untouched;
        const auto inner = [](std::vector<remedy>& r) { return std::span(r).subspan(1, r.size() - 2); };
        const std::uint64_t before = allocations();
        asked.place(now, misses, inner(first));
        in_calls += allocations() - before;
        seldom.place(now, misses, inner(second));
        found.expect(first == second, "equal scenes give two placements");
        for (const remedy r : inner(first)) found.expect(r == remedy::fetch || r == remedy::host, "answers neither fetch nor host");
        found.expect(first.front() == untouched && first.back() == untouched, "writes beyond its answers");
        std::fill(second.begin(), second.end(), remedy::fetch);
        asked.place(now, misses, inner(second));
        found.expect(std::equal(first.begin() + 1, first.end() - 1, second.begin() + 1), "asking twice gives two placements");
      }
    };
    play(*w, dice, events, hear, [](auto&&...) { return std::optional<expert_id>(); });
    found.expect(in_calls == 0, "allocates after inventory");
  }
  return found;
}

}  // namespace moesaic::conformance
