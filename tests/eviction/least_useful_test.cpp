// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/eviction/least_useful.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/scoring/decayed_frequency.hpp>

#include "conformance/eviction_policy_suite.hpp"
#include "eviction/golden.hpp"

namespace {
using namespace moesaic;
using conformance::policy_world;

TEST_CASE("least_useful: the lowest score leaves, of equals the lower id, and only candidates") {
  struct by_hand {
    using hears = events<>;
    [[nodiscard]] utility score(expert_id e) const noexcept {
      constexpr std::int64_t scores[] = {5, -2, 7, -2, 0};
      return {scores[number(e.expert)]};
    }
  } scores;
  policy_world w(*model_shape::uniform(1, 5, 1, {1}), std::vector<std::uint16_t>(8), 1);
  eviction::least_useful policy;
  const auto victim = [&] { return policy.victim(conformance::eviction_scene_of(w, scores, 0, make_expert(0, 4), cause::demand, policy_world::everything)); };
  CHECK_FALSE(victim());
  for (const std::uint32_t f : {3U, 2U, 1U, 0U}) w.give_room(f, residency_flag::resident);
  CHECK(victim() == make_expert(0, 1));
  w.flags[1] |= residency_flag::pinned_by_second;
  CHECK(victim() == make_expert(0, 3));
  w.flags[3] |= residency_flag::leaving;
  CHECK(victim() == make_expert(0, 0));
}

// Two ways to the same rule: a scorer that is asked, and a policy with keys of its own.
struct both {
  eviction::lrfu keyed{.half_life = 8};
  scoring::decayed_frequency scores{.half_life = 8};
  using hears = events<inventory, layer_event, admitted, evicted>;
  void on(const inventory& all) {
    keyed.on(all);
    scores.on(all);
  }
  void on(const layer_event& event) noexcept {
    keyed.on(event);
    scores.on(event);
  }
  void on(const admitted& one) noexcept { keyed.on(one); }
  void on(const evicted& one) noexcept { keyed.on(one); }
  std::optional<expert_id> victim(const eviction_scene<scoring::none>& scene) {
    const eviction_scene<scoring::decayed_frequency> scored{
        {scores, scene.expectation, scene.residency, scene.link, scene.layer, scene.token, scene.now, scene.layer_time, scene.threshold},
        scene.candidates,
        scene.group,
        scene.newcomer,
        scene.why};
    const auto by_score = eviction::least_useful{}.victim(scored);
    CHECK(by_score == keyed.victim(scored));
    return by_score;
  }
};

TEST_CASE("least_useful: with decayed_frequency it is lrfu, as long as nothing is prefetched") {
  const golden::counts seen = golden::replay(both{}, golden::made_up_trace(400), *model_shape::uniform(3, 16, 4, {1}), false, 24, golden::rule::forced);
  CHECK(seen.misses > 1'000);
}

}  // namespace
