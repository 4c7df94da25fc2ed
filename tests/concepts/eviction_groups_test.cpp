// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <vector>

#include <moesaic/concepts/eviction_groups.hpp>

namespace {
using namespace moesaic;

static_assert(explain_eviction_groups<group_per_layer>() && explain_eviction_groups<one_group>());

struct two_halves {
  std::uint32_t count(const model_shape&) const noexcept { return 2; }
  std::uint32_t group_of(const model_shape& shape, expert_id e) const noexcept { return number(e.layer) * 2 < shape.layers() ? 0 : 1; }
};
static_assert(eviction_groups<two_halves> && explain_eviction_groups<two_halves>());

// Each lacks one thing of a eviction groups.
struct does_not_count : group_per_layer {
  std::uint32_t count(const model_shape&) const noexcept = delete;
};
struct counts_in_signed_numbers : group_per_layer {
  int count(const model_shape&) const noexcept;
};
struct may_throw_while_counting : group_per_layer {
  std::uint32_t count(const model_shape&) const;
};
struct changes_when_asked : group_per_layer {
  std::uint32_t count(const model_shape&) noexcept;
};
struct maps_nobody : group_per_layer {
  std::uint32_t group_of(const model_shape&, expert_id) const noexcept = delete;
};
struct maps_without_the_shape : group_per_layer {
  std::uint32_t group_of(expert_id) const noexcept;
};
struct maps_in_small_numbers : group_per_layer {
  std::uint16_t group_of(const model_shape&, expert_id) const noexcept;
};
struct may_throw_while_mapping : group_per_layer {
  std::uint32_t group_of(const model_shape&, expert_id) const;
};
static_assert(!eviction_groups<does_not_count> && !eviction_groups<counts_in_signed_numbers> && !eviction_groups<may_throw_while_counting> &&
              !eviction_groups<changes_when_asked> && !eviction_groups<maps_nobody> && !eviction_groups<maps_without_the_shape> &&
              !eviction_groups<maps_in_small_numbers> && !eviction_groups<may_throw_while_mapping>);

TEST_CASE_TEMPLATE("groups are numbered without gaps, and everybody is in one", G, group_per_layer, one_group, chosen_groups, two_halves) {
  const auto shape = model_shape::of(std::vector<model_shape::layer>{{8, 2, {1}}, {3, 1, {1}}, {5, 1, {1}}});
  REQUIRE(shape);
  const G groups{};
  std::vector<int> members(groups.count(*shape));
  for (std::uint32_t l = 0; l < shape->layers(); ++l)
    for (std::uint32_t e = 0; e < shape->experts(static_cast<layer_index>(l)); ++e) {
      const std::uint32_t group = groups.group_of(*shape, make_expert(l, e));
      REQUIRE(group < members.size());
      ++members[group];
    }
  for (const int n : members) CHECK(n > 0);
}

TEST_CASE("per layer is a group for each layer, one is one") {
  const auto shape = model_shape::uniform(3, 4, 1, {1});
  REQUIRE(shape);
  CHECK(group_per_layer{}.count(*shape) == 3);
  CHECK(group_per_layer{}.group_of(*shape, make_expert(2, 1)) == 2);
  CHECK(one_group{}.count(*shape) == 1);
  CHECK(one_group{}.group_of(*shape, make_expert(2, 1)) == 0);
  for (const bool per_layer : {true, false}) {
    CHECK(chosen_groups{per_layer}.count(*shape) == (per_layer ? 3 : 1));
    CHECK(chosen_groups{per_layer}.group_of(*shape, make_expert(2, 1)) == (per_layer ? 2 : 0));
  }
}

}  // namespace
