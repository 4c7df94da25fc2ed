// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <moesaic/concepts/prefetch_scheduler.hpp>

#include "conformance/allocations.hpp"
#include "conformance/findings.hpp"
#include "conformance/policy_world.hpp"

namespace moesaic::conformance {

/// What every prefetch scheduler has to hold, over random worlds and fates. `make` gives a fresh one, equal each time.
template <class Make>
[[nodiscard]] findings prefetch_scheduler_suite(Make make, std::uint32_t worlds = 60, std::uint32_t events = 100) {
  using scheduler_type = decltype(make());
  findings found;
  for (std::uint32_t seed = 0; seed < worlds; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    w->expected = forecast(w->shape.space(), w->shape.layers(), w->shape.widest_layer());
    const arbitrary_scores scores;
    scheduler_type asked = make(), seldom = make(), travelled = make();
    std::vector<prefetch_request> open;
    splitmix drafts{seed + 1'000'000};
    std::uint32_t drafting = 0, drafted = 0;
    layer_index layer{};
    std::uint64_t in_calls = 0;
    const auto settle_all = [&](const prefetch_request& request, prefetch_fate fate) {
      const std::uint64_t before = allocations();
      asked.settle(request, fate);
      in_calls += allocations() - before;
      seldom.settle(request, fate);
      travelled.settle(request, fate);
    };
    const auto tell_all = [&](const auto& event) {
      using event_type = std::remove_cvref_t<decltype(event)>;
      tell(seldom, event);
      tell(travelled, event);
      const std::uint64_t then = allocations();
      tell(asked, event);
      if constexpr (!std::same_as<event_type, inventory>) in_calls += allocations() - then;
      if constexpr (std::same_as<event_type, layer_event>) layer = event.layer;
    };
    const auto hear = [&](const auto& event) {
      using event_type = std::remove_cvref_t<decltype(event)>;
      tell_all(event);
      if constexpr (std::same_as<event_type, inventory>) {
        return;
      } else if (!dice.chance(300)) {
        return;
      }
      for (std::uint32_t i = dice.below(6); i > 0; --i) {
        const std::uint32_t l = dice.below(w->shape.layers());
        w->expected.expect(static_cast<layer_index>(l), static_cast<expert_index>(dice.below(w->shape.experts(static_cast<layer_index>(l)))), {dice.below(8)},
                           {static_cast<std::int64_t>(dice.below(4))});
      }
      if (dice.chance(200)) w->expected.forget_all();
      if (drafting == 0 && drafts.chance(400)) {
        drafting = drafts.between(1, 12);
        drafted = 0;
        tell_all(draft_started{{drafting}});
      }
      for (std::uint32_t i = drafts.below(4); i > 0 && drafted < drafting; --i) tell_all(token_drafted{{++drafted}, {drafts.below(3'000'000)}});
      if (drafting != 0 && drafts.chance(300)) {
        drafting = 0;
        tell_all(draft_ended{{drafts.below(drafted + 1)}});
      }
      if (dice.chance(300)) {
        scheduler_type moved = std::move(travelled);
        travelled = std::move(moved);
      }
      if (!open.empty() && dice.chance(500)) {
        constexpr prefetch_fate late[] = {prefetch_fate::arrived, prefetch_fate::failed, prefetch_fate::withdrawn};
        settle_all(open.back(), late[dice.below(3)]);
        open.pop_back();
      }
      // As the core asks: until nothing is worth moving. What is refused must not come again and again.
      const utility threshold = dice.chance(300) ? utility{3} : utility::lowest();
      std::uint32_t questions = 0;
      for (const std::uint32_t enough = 2 * w->shape.expert_count() + 2;; ++questions) {
        if (questions == enough) {
          found.expect(false, "goes on asking for what has been refused");
          break;
        }
        scene<arbitrary_scores> now{scores, w->expected, residency_view(w->shape, w->flags), {}, layer, {}, {}, {}, threshold};
        now.link = {{100}, {1e9}, {0}, static_cast<std::uint32_t>(open.size()), 16, {}};
        now.layer_time = {dice.chance(500) ? 0 : 100'000};
        const std::uint64_t before = allocations();
        const auto request = asked.next(now);
        in_calls += allocations() - before;
        found.expect(asked.next(now) == request, "asking twice gives two answers");
        found.expect(seldom.next(now) == request, "having been asked before changes the answer");
        found.expect(travelled.next(now) == request, "does not survive being moved");
        if (!request) break;
        found.expect(w->shape.contains(request->expert), "asks for an expert that the model does not have");
        if (!w->shape.contains(request->expert)) break;
        found.expect(now.residency.absent(request->expert), "asks for an expert that is there or on its way");
        found.expect(scores.score(request->expert) >= threshold, "asks for an expert below the threshold");
        constexpr prefetch_fate at_once[] = {prefetch_fate::submitted, prefetch_fate::already_there, prefetch_fate::no_room, prefetch_fate::too_late};
        const prefetch_fate fate = at_once[dice.chance(200) ? 0 : dice.between(1, 3)];
        settle_all(*request, fate);
        if (fate != prefetch_fate::submitted) continue;
        open.push_back(*request);
        w->give_room(w->flat(request->expert), residency_flag::in_flight | residency_flag::unused_prefetch);
        tell_all(admitted{request->expert, cause::prefetch});
      }
      // The bench, not the scheduler, ends transfers.
      for (std::uint32_t f = 0; f < w->flags.size(); ++f)
        if (w->flags[f] == (residency_flag::in_flight | residency_flag::unused_prefetch) && dice.chance(500)) w->flags[f] = residency_flag::resident;
    };
    for (bytes& c : w->capacity) c = {1'000'000};
    play(*w, dice, events, hear, [](auto&&...) { return std::optional<expert_id>(); });
    found.expect(in_calls == 0, "allocates after inventory");
  }
  return found;
}

}  // namespace moesaic::conformance
