// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <optional>
#include <utility>

#include <moesaic/eviction/belady.hpp>
#include <moesaic/eviction/erased.hpp>
#include <moesaic/eviction/least_useful.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/random.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;
using eviction::erased;

static_assert(keyed_eviction_policy<erased> && utility_scorer<eviction::distant_scores>);

/// Both hear and are asked the same: nothing may tell them apart.
template <class Policy>
void same_as_itself(const Policy& policy) {
  std::uint64_t questions = 0, differences = 0;
  const arbitrary_scores scores;
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    Policy plain = policy;
    erased hidden(policy);
    play(
        *w, dice, 200,
        [&](const auto& event) {
          tell(plain, event);
          tell(hidden, event);
        },
        [&](std::uint16_t group, expert_id newcomer, cause why, std::uint8_t mask) {
          const auto scene = eviction_scene_of(*w, scores, group, newcomer, why, mask);
          const std::optional<expert_id> victim = plain.victim(scene);
          differences += hidden.victim(scene) != victim || hidden.key(newcomer) != key_of(plain, newcomer);
          ++questions;
          return victim;
        });
  }
  CHECK(questions > 1'000);
  CHECK(differences == 0);
}

TEST_CASE("behind virtual calls a policy is the same") {
  same_as_itself(eviction::lrfu{.half_life = 8});
  same_as_itself(eviction::random{.seed = 5});
  same_as_itself(eviction::least_useful{});  // asks the scorer through a pointer
}

struct counts_all {
  using hears = events<layer_event, step_outcome, draft_cut, hint, lease_ended, draft_started, token_drafted, draft_ended>;
  int* heard;
  void on(const layer_event&) noexcept { *heard += 1; }
  void on(const step_outcome&) noexcept { *heard += 10; }
  void on(const draft_cut&) noexcept { *heard += 100; }
  void on(const hint&) noexcept { *heard += 1'000; }
  void on(const lease_ended&) noexcept { *heard += 10'000; }
  void on(const draft_started&) noexcept { *heard += 100'000; }
  void on(const token_drafted&) noexcept { *heard += 1'000'000; }
  void on(const draft_ended&) noexcept { *heard += 10'000'000; }
  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>&) noexcept {
    return std::nullopt;
  }
};

TEST_CASE("it passes on what its policy listens to, and only that") {
  int heard = 0;
  erased policy(counts_all{&heard});
  tell(policy, layer_event{});
  tell(policy, step_outcome{});
  tell(policy, draft_cut{});
  tell(policy, hint{});
  tell(policy, lease_ended{});
  tell(policy, draft_started{});
  tell(policy, token_drafted{});
  tell(policy, draft_ended{});
  tell(policy, evicted{make_expert(0, 0)});
  CHECK(heard == 11'111'111);
}

TEST_CASE("a policy without a key has none behind virtual calls either, and copies go their own ways") {
  int heard = 0;
  CHECK_FALSE(erased(counts_all{&heard}).keyed());
  CHECK_FALSE(erased(counts_all{&heard}).key(make_expert(0, 0)));
  CHECK(erased(eviction::lrfu{}).keyed());

  const model_shape shape = *model_shape::uniform(1, 2, 1, {1});
  const std::vector<std::uint16_t> group_of(shape.space().size());
  erased first(eviction::lrfu{});
  first.on(inventory{shape, group_of, 1});
  erased second(first);
  const demand wanted{expert_index{1}, 1, {}};
  first.on(layer_event{.wanted = {&wanted, 1}});
  CHECK(first.key(make_expert(0, 1)) != second.key(make_expert(0, 0)));
  second = first;
  CHECK(first.key(make_expert(0, 1)) == second.key(make_expert(0, 1)));
}

}  // namespace
