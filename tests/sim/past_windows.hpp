// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/admission/optional.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/eviction/belady.hpp>
#include <moesaic/sim/replay.hpp>

#include "support/splitmix.hpp"

/// Routing at random, and what the library's own replay says of a stretch of it that began with given contents.
namespace moesaic_test {

struct plain_event {
  std::uint64_t step = 0;
  std::uint32_t layer = 0;
  std::vector<std::uint32_t> wanted{};  ///< ascending
};

inline std::vector<plain_event> random_events(splitmix& dice, std::uint32_t layers, std::uint32_t experts, std::uint32_t steps) {
  std::vector<plain_event> all;
  for (std::uint32_t s = 0; s < steps; ++s)
    for (std::uint32_t l = 0; l < layers; ++l) {
      if (dice.chance(30)) continue;  // not routed
      std::set<std::uint32_t> set;
      for (std::uint32_t k = dice.chance(50) ? dice.between(1, experts) : dice.between(1, 4); k-- > 0;)
        set.insert(std::min({dice.below(experts), dice.below(experts)}));
      all.push_back({s, l, {set.begin(), set.end()}});
    }
  return all;
}

template <class Visit>
void hear(const plain_event& e, Visit&& visit) {
  std::vector<moesaic::demand> wanted;
  for (const std::uint32_t x : e.wanted) wanted.push_back({static_cast<moesaic::expert_index>(x), 1, {}});
  visit(moesaic::layer_event{{e.step}, {e.step}, static_cast<moesaic::layer_index>(e.layer), moesaic::phase::decode, 1, wanted, {}, {}});
}

/// Misses of eviction::belady over `window` alone. The contents come in by events of their own before it, one a layer.
template <class Admission, class Groups>
std::uint64_t belady_misses(const moesaic::model_shape& shape, const Groups& groups, std::uint64_t room, const std::set<std::uint32_t>& contents,
                            std::vector<plain_event> window) {
  using namespace moesaic;
  std::vector<plain_event> all;
  for (std::uint32_t l = 0; l < shape.layers(); ++l) {
    plain_event first{0, l, {}};
    for (const std::uint32_t f : contents)
      if (shape.space().layer_of(f) == l) first.wanted.push_back(number(shape.space().id(f).expert));
    if (!first.wanted.empty()) all.push_back(first);
  }
  const std::size_t primed = all.size();
  all.insert(all.end(), window.begin(), window.end());
  sim::replay<eviction::belady, Admission> player(sim::resident_set(shape, groups, sim::unit::experts, std::vector<std::uint64_t>(groups.count(shape), room)),
                                                  {}, {});
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<std::uint32_t> next;
    for (const std::uint32_t e : all[i].wanted) {
      std::size_t j = i + 1;
      while (j < all.size() && (all[j].layer != all[i].layer || !std::binary_search(all[j].wanted.begin(), all[j].wanted.end(), e))) ++j;
      next.push_back(j < all.size() ? static_cast<std::uint32_t>(j) : eviction::foretold::never);
    }
    hear(all[i], [&](const layer_event& event) { player.hear(event, next); });
    if (i + 1 == primed) before = player.count().misses;
  }
  return player.count().misses - before;
}

}  // namespace moesaic_test
