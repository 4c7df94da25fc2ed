// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/eviction/recency_list.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using conformance::policy_world;
using conformance::splitmix;

TEST_CASE("recency_list: random work gives the order of a sort by (stamp, id), in every group") {
  std::uint64_t compared = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    const auto size = static_cast<std::uint32_t>(w->flags.size());
    eviction::recency_list list(w->all());
    std::vector<std::uint64_t> stamps(size);
    for (std::uint64_t stamp = 1; stamp < 80; ++stamp) {
      const std::uint32_t layer = dice.below(w->shape.layers());  // an event comes first: its residents and the absent are touched
      std::vector<demand> wanted;
      for (std::uint32_t e = 0; e < w->shape.experts(static_cast<layer_index>(layer)); ++e)
        if (dice.chance(200)) {
          wanted.push_back({static_cast<expert_index>(e), 1, {}});
          const std::uint32_t f = w->flat(make_expert(layer, e));
          if (w->has_room(f)) stamps[f] = stamp;
        }
      const auto flat_of = w->shape.space().in(static_cast<layer_index>(layer));
      list.touch(static_cast<layer_index>(layer), wanted.size(), [&](std::size_t i) { return flat_of(wanted[i].expert); }, stamp);
      for (std::uint32_t i = dice.below(8); i > 0; --i) {  // then entries, mostly ascending, and departures
        const std::uint32_t f = dice.below(size);
        if (!w->shape.contains(w->id(f))) continue;
        if (w->has_room(f) && dice.chance(500)) {
          w->take_room(f);
          list.leave(f);
          list.leave(f);  // twice is once
        } else {
          if (!w->has_room(f)) w->give_room(f, residency_flag::resident);
          list.enter(f, stamp);
          stamps[f] = stamp;
        }
      }
      for (std::uint16_t g = 0; g < w->groups; ++g) {
        std::vector<std::uint32_t> sorted = w->members[g];
        std::sort(sorted.begin(), sorted.end(), [&](auto a, auto b) { return std::pair(stamps[a], a) < std::pair(stamps[b], b); });
        std::vector<std::uint32_t> listed;
        for (std::uint32_t next = 0; (next = list.coldest(w->candidates(g), g)) != no_victim;) {
          listed.push_back(next);
          w->flags[listed.back()] |= residency_flag::leaving;
        }
        for (const std::uint32_t f : listed) w->flags[f] = residency_flag::resident;
        CHECK(listed == sorted);
        compared += listed.size();
      }
    }
    for (std::uint32_t f = 0; f < size; ++f) {
      CHECK(list.linked(f) == w->has_room(f));
      if (w->has_room(f)) CHECK(list.stamp(f) == stamps[f]);
    }
  }
  CHECK(compared > 20'000);
}

}  // namespace
