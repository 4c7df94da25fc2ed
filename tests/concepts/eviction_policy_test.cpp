// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <optional>

#include <moesaic/concepts/eviction_policy.hpp>

#include "concepts/flat_scorer.hpp"

namespace {
using namespace moesaic;

static_assert(eviction_policy<archetype::eviction> && explain_eviction_policy<archetype::eviction>());

struct first_candidate {
  using hears = events<>;
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& scene) noexcept {
    for (const expert_id e : scene.candidates) return e;
    return std::nullopt;
  }
};
struct with_a_key : first_candidate {
  utility key(expert_id e) const noexcept { return {static_cast<std::int64_t>(number(e.expert))}; }
};
struct sometimes_with_a_key : first_candidate {
  bool keyed = false;
  std::optional<utility> key(expert_id) const noexcept { return keyed ? std::optional(utility{7}) : std::nullopt; }
};
struct with_a_key_that_may_throw : first_candidate {
  utility key(expert_id) const;
};
struct with_a_key_that_changes : first_candidate {
  utility key(expert_id) noexcept;
};
struct with_a_key_in_floating_point : first_candidate {
  double key(expert_id) const noexcept;
};
struct with_a_plain_key : first_candidate {
  std::int64_t key(expert_id) const noexcept;
};
static_assert(eviction_policy<first_candidate> && !keyed_eviction_policy<first_candidate>);
static_assert(keyed_eviction_policy<with_a_key> && keyed_eviction_policy<sometimes_with_a_key>);
static_assert(!keyed_eviction_policy<with_a_key_that_may_throw> && !keyed_eviction_policy<with_a_key_that_changes>);
static_assert(!keyed_eviction_policy<with_a_key_in_floating_point> && !keyed_eviction_policy<with_a_plain_key>);
static_assert(!keyed_eviction_policy<archetype::eviction>);

// Each lacks one thing of a eviction policy.
struct does_not_say_what_it_hears {
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>&) noexcept;
};
struct declares_an_event_it_cannot_hear : archetype::eviction {
  using hears = events<evicted>;
};
struct handles_what_it_hears_but_may_throw : archetype::eviction {
  using hears = events<evicted>;
  void on(const evicted&);
};
struct misspells_its_handler : archetype::eviction {
  using hears = events<lease_ended>;
  void no(const lease_ended&) noexcept;
};
struct hears_no_list : archetype::eviction {
  using hears = int;
};
struct names_no_victim : archetype::eviction {
  void victim(const auto&) noexcept = delete;
};
struct may_throw_while_choosing : archetype::eviction {
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>&);
};
struct cannot_refuse : archetype::eviction {
  template <utility_scorer S>
  expert_id victim(const eviction_scene<S>&) noexcept;
};
struct names_a_flat_index : archetype::eviction {
  template <utility_scorer S>
  std::optional<std::uint32_t> victim(const eviction_scene<S>&) noexcept;
};
struct wants_to_write_the_scene : archetype::eviction {
  template <utility_scorer S>
  std::optional<expert_id> victim(eviction_scene<S>&) noexcept;
};
struct knows_one_scorer_only : archetype::eviction {
  struct mine {
    using hears = events<>;
    utility score(expert_id) const noexcept;
  };
  std::optional<expert_id> victim(const eviction_scene<mine>&) noexcept;
};
static_assert(!eviction_policy<does_not_say_what_it_hears> && !eviction_policy<declares_an_event_it_cannot_hear> &&
              !eviction_policy<handles_what_it_hears_but_may_throw> && !eviction_policy<misspells_its_handler> && !eviction_policy<hears_no_list> &&
              !eviction_policy<names_no_victim> && !eviction_policy<may_throw_while_choosing> && !eviction_policy<cannot_refuse> &&
              !eviction_policy<names_a_flat_index> && !eviction_policy<wants_to_write_the_scene> && !eviction_policy<knows_one_scorer_only>);

TEST_CASE("keys are asked for only where there are any") {
  CHECK_FALSE(key_of(first_candidate{}, make_expert(0, 3)));
  CHECK(key_of(with_a_key{}, make_expert(0, 3)) == utility{3});
  sometimes_with_a_key chosen;
  CHECK_FALSE(key_of(chosen, make_expert(0, 3)));
  chosen.keyed = true;
  CHECK(key_of(chosen, make_expert(0, 3)) == utility{7});
}

TEST_CASE("a scene for eviction carries the newcomer and who may go") {
  const moesaic_test::flat_scorer scorer;
  const forecast nothing;
  const expert_space space(1, 4);
  const std::uint8_t flags[4]{0, 0, residency_flag::resident, 0};
  const std::uint32_t members[1]{2};
  eviction_scene<moesaic_test::flat_scorer> scene{{.scores = scorer, .expectation = nothing}};
  first_candidate policy;
  CHECK_FALSE(policy.victim(scene));
  scene.candidates = candidate_view(space, members, flags, residency_flag::resident);
  CHECK(policy.victim(scene) == make_expert(0, 2));
}

}  // namespace
