// SPDX-License-Identifier: MIT
#include "bound.hpp"

#include <span>

#include <moesaic/admission/optional.hpp>
#include <moesaic/eviction/belady.hpp>
#include <moesaic/sim/replay.hpp>

namespace moesaic::simulating {

best_case missed_at_best(const model_shape& shape, const pools& in, const sim::event_log& events) {
  std::vector<std::uint32_t> next_use(events.experts.size());
  std::vector<std::uint32_t> upcoming(shape.space().size(), eviction::foretold::never);
  std::size_t access = events.experts.size();
  for (std::size_t e = events.layers.size(); e-- > 0;)
    for (std::uint32_t i = events.sizes[e]; i-- > 0;) {
      --access;
      std::uint32_t& known = upcoming[shape.space().flat(make_expert(events.layers[e], events.experts[access]))];
      next_use[access] = known;
      known = static_cast<std::uint32_t>(e);
    }
  sim::replay player(sim::resident_set(shape, in.groups, in.exact ? sim::unit::bytes : sim::unit::experts, in.room), eviction::belady{}, admission::optional{});
  std::vector<demand> wanted;
  for (std::size_t e = 0; e < events.layers.size(); ++e) {
    wanted.clear();
    for (std::uint32_t i = 0; i < events.sizes[e]; ++i) wanted.push_back({static_cast<expert_index>(events.experts[access + i]), 1, {}});
    player.hear({.step = {e}, .layer = static_cast<layer_index>(events.layers[e]), .wanted = wanted},
                std::span<const std::uint32_t>(next_use).subspan(access, wanted.size()));
    access += wanted.size();
  }
  return {player.count().misses, player.count().bytes_demanded};
}

}  // namespace moesaic::simulating
