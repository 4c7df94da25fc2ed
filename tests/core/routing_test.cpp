// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include <moesaic/core/routing.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;

std::vector<expert_index> ids(std::initializer_list<std::uint16_t> numbers) {
  std::vector<expert_index> out;
  for (const std::uint16_t n : numbers) out.push_back(expert_index{n});
  return out;
}
routing of(std::span<const expert_index> experts, std::span<const float> weights = {}) {
  return {.tokens = 1, .k = static_cast<std::uint32_t>(experts.size()), .experts = experts, .weights = weights};
}

using limits = std::numeric_limits<float>;
static_assert(demand_collector::in_mass(0.0F) == gate_mass{0} && demand_collector::in_mass(1.0F) == gate_mass{65'536});
static_assert(demand_collector::in_mass(0.5F) == gate_mass{32'768} && demand_collector::in_mass(-1.0F) == gate_mass{0});
static_assert(demand_collector::in_mass(limits::quiet_NaN()) == gate_mass{0});
static_assert(demand_collector::in_mass(limits::infinity()) == gate_mass{0xFFFF'0000U});
static_assert(demand_collector::in_mass(-limits::infinity()) == gate_mass{0});
static_assert(demand_collector::in_mass(limits::max()) == gate_mass{0xFFFF'0000U});
static_assert(demand_collector::in_mass(65'534.99F) < demand_collector::in_mass(65'535.0F));
static_assert(demand_collector::in_mass(limits::denorm_min()) == gate_mass{0});

TEST_CASE("demand is ascending, distinct, and counts tokens") {
  demand_collector collector(8);
  const auto experts = ids({5, 2, 5, 0, 2, 5});
  const auto wanted = collector.collect(of(experts));
  REQUIRE(wanted.size() == 3);
  CHECK(wanted[0].expert == expert_index{0});
  CHECK(wanted[0].tokens == 1);
  CHECK(wanted[1].expert == expert_index{2});
  CHECK(wanted[1].tokens == 2);
  CHECK(wanted[2].expert == expert_index{5});
  CHECK(wanted[2].tokens == 3);
  CHECK(wanted[2].mass == gate_mass{0});  // no weights, no mass
}

TEST_CASE("nothing is left over from the event before") {
  demand_collector collector(4);
  const auto first = ids({0, 1, 2, 3});
  const std::vector<float> weights(4, 0.25F);
  CHECK(collector.collect(of(first, weights)).size() == 4);
  const auto second = ids({1});
  const auto wanted = collector.collect(of(second));
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].tokens == 1);
  CHECK(wanted[0].mass == gate_mass{0});
  CHECK(collector.collect(of({})).empty());
}

TEST_CASE("ids that are no experts of the layer are left out") {
  demand_collector collector(8);
  const auto experts = ids({65'535, 8, 7, 255});
  const auto wanted = collector.collect(of(experts));
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].expert == expert_index{7});
}

TEST_CASE("fewer weights than ids are no reason to read further") {
  demand_collector collector(8);
  const auto experts = ids({1, 2, 1});
  const std::vector<float> weights{0.5F};
  const auto wanted = collector.collect(of(experts, weights));
  CHECK(wanted[0].mass == gate_mass{32'768});
  CHECK(wanted[0].tokens == 2);
  CHECK(wanted[1].mass == gate_mass{0});
}

TEST_CASE("the mass of a long prefill saturates instead of starting again at nothing") {
  demand_collector collector(2);
  const std::vector<expert_index> experts(70'000, expert_index{1});
  const std::vector<float> weights(70'000, 1.0F);  // 70,000 × 65,536 is more than 2^32
  const auto wanted = collector.collect(of(experts, weights));
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].tokens == 70'000);
  CHECK(wanted[0].mass == gate_mass::highest());
}

TEST_CASE("collected demand agrees with a map, on random routings") {
  moesaic_test::splitmix random{5};
  demand_collector collector(128);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<expert_index> experts(random.below(300));
    std::vector<float> weights(random.chance(500) ? experts.size() : 0);
    std::map<expert_index, std::pair<std::uint32_t, std::uint64_t>> twin;
    for (std::size_t i = 0; i < experts.size(); ++i) {
      experts[i] = expert_index{static_cast<std::uint16_t>(random.below(random.chance(100) ? 65'536 : 128))};
      if (!weights.empty()) weights[i] = static_cast<float>(random.below(1'000)) / 1'000.0F;
      if (number(experts[i]) >= 128) continue;
      auto& [tokens, mass] = twin[experts[i]];
      ++tokens;
      if (!weights.empty()) mass += static_cast<std::uint64_t>(std::floor(static_cast<double>(weights[i]) * 65'536.0 + 0.5));
    }
    const auto wanted = collector.collect(of(experts, weights));
    REQUIRE(wanted.size() == twin.size());
    auto expected = twin.begin();
    for (const demand& d : wanted) {
      REQUIRE(d.expert == expected->first);
      REQUIRE(d.tokens == expected->second.first);
      REQUIRE(std::uint64_t{d.mass.count} == expected->second.second);
      ++expected;
    }
  }
}

}  // namespace
