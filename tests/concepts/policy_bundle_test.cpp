// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <memory>
#include <type_traits>

#include <moesaic/concepts/policy_bundle.hpp>

namespace {
using namespace moesaic;

struct residency_only {
  one_group groups;
  archetype::scorer scoring;
  archetype::eviction eviction;
  archetype::admission admission;
  archetype::predictor prediction;
  archetype::prefetch prefetch;
  archetype::placement placement;
};
struct whole : residency_only {
  archetype::governor speculation;
};
static_assert(residency_bundle<residency_only> && !policy_bundle<residency_only>);
static_assert(residency_bundle<whole> && policy_bundle<whole>);
static_assert(explain_residency_bundle<residency_only>() && explain_residency_bundle<whole>() && explain_policy_bundle<whole>());

struct move_only_part : archetype::eviction {
  std::unique_ptr<int> state;
};
struct with_a_move_only_part : whole {
  move_only_part eviction;
};
static_assert(policy_bundle<with_a_move_only_part> && explain_policy_bundle<with_a_move_only_part>());

// A slot that is missing (hidden here by a type that is no policy), and every policy in a place that is not its own.
struct no_policy {};
struct no_groups : whole {
  no_policy groups;
};
struct no_scoring : whole {
  no_policy scoring;
};
struct no_eviction : whole {
  no_policy eviction;
};
struct no_admission : whole {
  no_policy admission;
};
struct no_prediction : whole {
  no_policy prediction;
};
struct no_prefetch : whole {
  no_policy prefetch;
};
struct no_placement : whole {
  no_policy placement;
};
struct no_speculation : whole {
  no_policy speculation;
};
struct scorer_as_eviction : whole {
  archetype::scorer eviction;
};
struct layers_for_groups : whole {
  archetype::placement groups;
};
static_assert(!residency_bundle<no_groups> && !residency_bundle<no_scoring> && !residency_bundle<no_eviction>);
static_assert(!residency_bundle<no_admission> && !residency_bundle<no_prediction> && !residency_bundle<no_prefetch>);
static_assert(!residency_bundle<no_placement> && residency_bundle<no_speculation> && !policy_bundle<no_speculation>);
static_assert(!residency_bundle<scorer_as_eviction> && !residency_bundle<layers_for_groups> && !residency_bundle<no_policy>);

struct by_reference {  // somebody else would own the policies
  one_group groups;
  archetype::scorer scoring;
  archetype::eviction& eviction;
  archetype::admission admission;
  archetype::predictor prediction;
  archetype::prefetch prefetch;
  archetype::placement placement;
};
struct immovable : whole {
  immovable(immovable&&) = delete;
};
struct by_method : whole {
  archetype::eviction eviction();
};
static_assert(!residency_bundle<by_reference> && !residency_bundle<immovable> && !residency_bundle<by_method>);

TEST_CASE("a bundle is a plain struct") {
  CHECK(std::is_aggregate_v<residency_only>);
  CHECK(std::is_empty_v<archetype::eviction>);
}

}  // namespace
