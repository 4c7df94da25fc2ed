// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

#include <moesaic/scoring/none.hpp>

#include "conformance/policy_world.hpp"

namespace moesaic_test {

/// One policy and a small world around it, for examples worked by hand: one group, experts of one byte.
template <class Policy>
class eviction_bench {
 public:
  using world_type = moesaic::conformance::policy_world;

  explicit eviction_bench(Policy given, std::uint32_t layers = 1, std::uint32_t experts = 16)
      : policy(std::move(given)),
        world(*moesaic::model_shape::uniform(layers, experts, 1, {1}), std::vector<std::uint16_t>(moesaic::expert_space(layers, experts).size()), 1) {
    tell(policy, world.all());
  }
  /// An event; the experts stay as they are, resident or not.
  void use(std::uint64_t token, std::uint32_t layer, std::initializer_list<std::uint32_t> experts) {
    moesaic::conformance::owned_event event(token, token, layer, experts);
    tell(policy, event.get());
  }
  void admit(std::uint32_t layer, std::initializer_list<std::uint32_t> experts, moesaic::cause why = moesaic::cause::demand) {
    for (const std::uint32_t e : experts) {
      world.give_room(world.flat(moesaic::make_expert(layer, e)), moesaic::residency_flag::resident);
      tell(policy, moesaic::admitted{moesaic::make_expert(layer, e), why});
    }
  }
  void evict(std::uint32_t layer, std::uint32_t expert) {
    world.take_room(world.flat(moesaic::make_expert(layer, expert)));
    tell(policy, moesaic::evicted{moesaic::make_expert(layer, expert)});
  }
  void pin(std::uint32_t layer, std::uint32_t expert) {
    world.flags[world.flat(moesaic::make_expert(layer, expert))] |= moesaic::residency_flag::pinned_by_first;
  }
  [[nodiscard]] std::optional<moesaic::expert_id> victim() {
    return policy.victim(
        moesaic::conformance::eviction_scene_of(world, nothing, 0, moesaic::make_expert(0, 15), moesaic::cause::demand, world_type::everything));
  }
  /// Everybody, in the order in which they leave; the bench is empty afterwards.
  [[nodiscard]] std::vector<moesaic::expert_id> order() {
    std::vector<moesaic::expert_id> left;
    while (const auto next = victim()) {
      left.push_back(*next);
      evict(number(next->layer), number(next->expert));
    }
    return left;
  }

  Policy policy;
  world_type world;
  moesaic::scoring::none nothing;
};

/// Ids of layer 0, for comparisons.
inline std::vector<moesaic::expert_id> experts_of_layer_0(std::initializer_list<std::uint32_t> experts) {
  std::vector<moesaic::expert_id> ids;
  for (const std::uint32_t e : experts) ids.push_back(moesaic::make_expert(0, e));
  return ids;
}

}  // namespace moesaic_test
