// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "../../examples/own_policy/ageing_lfu.hpp"
#include "conformance/eviction_policy_suite.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

/// Four experts in one layer, all resident.
struct four {
  model_shape shape = *model_shape::uniform(1, 4, 2, {1});
  std::vector<std::uint16_t> group_of = std::vector<std::uint16_t>(4);
  std::vector<std::uint32_t> members{3, 1, 0, 2};
  std::vector<std::uint8_t> flags = std::vector<std::uint8_t>(4, residency_flag::resident);
  arbitrary_scores scores{};
  forecast nothing{};

  [[nodiscard]] auto scene() const {
    return eviction_scene<arbitrary_scores>{{scores, nothing, residency_view(shape, flags)},
                                            candidate_view(shape.space(), members, flags, policy_world::everything)};
  }
};

TEST_CASE("the policy of the documents is an eviction policy") {
  const findings said = eviction_policy_suite([] { return ageing_lfu{}; }, promise::never_refuses);
  CAPTURE(said);
  CHECK(said.empty());
}

TEST_CASE("the least used leaves, of those the older last use, then the lower id") {
  const four world;
  ageing_lfu policy;
  policy.on(inventory{world.shape, world.group_of, 1});
  policy.on(owned_event(0, 0, 0, {0, 1, 2, 3}).get());
  CHECK(policy.victim(world.scene()) == make_expert(0, 0));
  policy.on(owned_event(1, 1, 0, {0, 2}).get());
  CHECK(policy.victim(world.scene()) == make_expert(0, 1));
  policy.on(owned_event(2, 2, 0, {1, 3}).get());  // all twice; 0 and 2 longer ago
  CHECK(policy.victim(world.scene()) == make_expert(0, 0));
  policy.on(admitted{make_expert(0, 0), cause::demand});  // was counted by its event
  CHECK(policy.victim(world.scene()) == make_expert(0, 0));
  policy.on(admitted{make_expert(0, 0), cause::prefetch});
  CHECK(policy.victim(world.scene()) == make_expert(0, 2));
}

TEST_CASE("old fame fades") {
  const four world;
  ageing_lfu policy;
  policy.on(inventory{world.shape, world.group_of, 1});
  for (std::uint64_t t = 0; t < 12; ++t) policy.on(owned_event(t, t, 0, {0}).get());
  const auto use_others = [&](std::uint64_t token) { policy.on(owned_event(token, token, 0, {1, 2, 3}).get()); };
  for (std::uint64_t t = 0; t < 4; ++t) use_others(12 + t);
  CHECK(policy.victim(world.scene()) == make_expert(0, 1));  // 12 : 4
  use_others(ageing_lfu::period);                            // 6 : 3
  CHECK(policy.victim(world.scene()) == make_expert(0, 1));
  use_others(3 * ageing_lfu::period);                        // two more periods at once, 1 : 1
  CHECK(policy.victim(world.scene()) == make_expert(0, 0));  // used longer ago
  use_others(~std::uint64_t{});                              // any number of periods
  CHECK(policy.victim(world.scene()) == make_expert(0, 0));
}

}  // namespace
