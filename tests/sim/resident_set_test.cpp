// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include <moesaic/sim/resident_set.hpp>

#include "support/splitmix.hpp"

using namespace moesaic;
using sim::resident_set;
using sim::unit;

namespace {

TEST_CASE("who enters is a member of its pool until it leaves, and takes its bytes") {
  model_shape shape = *model_shape::uniform(3, 5, 1, {7});
  shape.resize(make_expert(1, 2), {11});
  resident_set set(shape, group_per_layer{}, unit::bytes, {35, 40, 0});
  const std::uint32_t a = shape.space().flat(make_expert(1, 2)), b = shape.space().flat(make_expert(1, 4));
  CHECK(set.charge_of(a) == 11);
  CHECK(set.room(2) == 0);
  set.enter(a);
  set.enter(b);
  CHECK(set.used(1) == 18);
  CHECK(set.used(0) == 0);
  CHECK(set.contains(a));
  CHECK(set.members(1).size() == 2);
  set.leave(a);
  CHECK_FALSE(set.contains(a));
  REQUIRE(set.members(1).size() == 1);
  CHECK(set.members(1)[0] == b);
  set.clear();
  CHECK(set.used(1) == 0);
  CHECK(set.members(1).empty());
}

TEST_CASE("counted in experts everyone takes one; an inventory says who is in which pool") {
  const model_shape shape = *model_shape::uniform(2, 5, 1, {7});
  const resident_set set(shape, one_group{}, unit::experts, {3});
  CHECK(set.charge_of(0) == 1);
  CHECK(set.all().groups == 1);
  CHECK(set.all().group_of.size() == shape.space().size());
  const resident_set layers(shape, group_per_layer{}, unit::experts, {3, 3});
  CHECK(layers.all().groups == 2);
  CHECK(layers.all().group_of[shape.space().flat(make_expert(1, 0))] == 1);
}

TEST_CASE("candidates are residents without the excluded marks") {
  const model_shape shape = *model_shape::uniform(1, 5, 1, {1});
  resident_set set(shape, one_group{}, unit::experts, {3});
  for (const std::uint32_t f : {0U, 1U, 2U}) set.enter(f);
  set.mark(1, residency_flag::pinned_by_first);
  set.mark(2, residency_flag::leaving);
  const auto names = [](const candidate_view& view) {
    std::set<std::uint32_t> all;
    for (const expert_id e : view) all.insert(number(e.expert));
    return all;
  };
  CHECK(names(set.candidates(0, 0)) == std::set<std::uint32_t>{0, 1, 2});
  CHECK(names(set.candidates(0, residency_flag::pinned_by_first)) == std::set<std::uint32_t>{0, 2});
  CHECK(names(set.candidates(0, residency_flag::pinned_by_first | residency_flag::leaving)) == std::set<std::uint32_t>{0});
  CHECK_FALSE(set.candidates(0, 0).contains(3U));
  set.unmark(1, residency_flag::pinned_by_first);
  CHECK_FALSE(set.has(1, residency_flag::pinned_by_first));
  CHECK(set.view().of(make_expert(0, 1)) == residency_state::resident);
  CHECK(set.view().absent(make_expert(0, 4)));
}

TEST_CASE("members are what a set remembers, over random comings and goings") {
  moesaic_test::splitmix dice{9};
  const model_shape shape = *model_shape::uniform(4, 6, 1, {3});
  resident_set set(shape, group_per_layer{}, unit::bytes, {18, 18, 18, 18});
  std::map<std::uint32_t, std::set<std::uint32_t>> expected;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint32_t layer = dice.below(4), flat = shape.space().flat(make_expert(layer, dice.below(6)));
    if (expected[layer].erase(flat) == 1)
      set.leave(flat);
    else
      set.enter(flat), expected[layer].insert(flat);
    const auto members = set.members(static_cast<std::uint16_t>(layer));
    REQUIRE(std::set<std::uint32_t>(members.begin(), members.end()) == expected[layer]);
    REQUIRE(members.size() == expected[layer].size());
    REQUIRE(set.used(static_cast<std::uint16_t>(layer)) == 3 * members.size());
  }
}

}  // namespace
