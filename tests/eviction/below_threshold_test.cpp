// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include <moesaic/eviction/below_threshold.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

struct by_hand {
  const model_shape* shape;
  std::vector<std::int64_t> values;
  using hears = events<>;
  [[nodiscard]] utility score(expert_id e) const noexcept { return {values[shape->space().flat(e)]}; }
};

TEST_CASE("below_threshold: at threshold 1 nobody leaves if everybody is worth 1 or is pinned") {
  policy_world w(*model_shape::uniform(1, 4, 1, {1}), std::vector<std::uint16_t>(4), 1);
  by_hand scores{&w.shape, {1, 3, 0, 5}};
  for (const std::uint32_t f : {0U, 1U, 2U, 3U}) w.give_room(f, residency_flag::resident);
  const auto victim = [&](utility threshold) {
    auto scene = eviction_scene_of(w, scores, 0, make_expert(0, 0), cause::prefetch, policy_world::everything);
    scene.threshold = threshold;
    return eviction::below_threshold{}.victim(scene);
  };
  CHECK(victim({1}) == make_expert(0, 2));
  w.flags[2] |= residency_flag::pinned_by_first;
  CHECK_FALSE(victim({1}));
  CHECK(victim({2}) == make_expert(0, 0));
  CHECK(victim(utility::lowest()) == make_expert(0, 0));  // a placement without threshold protects nobody
  w.flags[2] = residency_flag::resident;
  scores.values[2] = 1;
  CHECK_FALSE(victim({1}));
}

TEST_CASE("below_threshold: of equals, whose layer lies furthest ahead leaves; then the lower id") {
  policy_world w(*model_shape::uniform(4, 2, 1, {1}), std::vector<std::uint16_t>(8), 1);
  const by_hand scores{&w.shape, std::vector<std::int64_t>(8)};
  for (std::uint32_t f = 0; f < 8; ++f) w.give_room(f, residency_flag::resident);
  const auto victim = [&](std::uint32_t running) {
    return eviction::below_threshold{}.victim(eviction_scene_of(w, scores, 0, make_expert(running, 0), cause::prefetch, policy_world::everything));
  };
  for (std::uint32_t running = 0; running < 4; ++running) CHECK(victim(running) == make_expert(running, 0));
  for (const std::uint32_t f : {4U, 5U}) w.flags[f] |= residency_flag::pinned_by_first;  // layer 2 runs
  CHECK(victim(2) == make_expert(1, 0));
  for (const std::uint32_t f : {0U, 1U}) w.flags[f] |= residency_flag::pinned_by_first;  // layer 0 runs, the next pass
  CHECK(victim(0) == make_expert(3, 0));
}

TEST_CASE("below_threshold: agrees with a sorted list") {
  std::uint64_t asked = 0, wrong = 0, refused = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    by_hand scores{&w->shape, std::vector<std::int64_t>(w->flags.size())};
    for (std::int64_t& v : scores.values) v = dice.below(6);
    eviction::below_threshold policy;
    const auto ask = [&](std::uint16_t group, expert_id newcomer, cause why, std::uint8_t mask) {
      scores.values[dice.below(static_cast<std::uint32_t>(scores.values.size()))] = dice.below(6);
      auto scene = eviction_scene_of(*w, scores, group, newcomer, why, mask);
      scene.threshold = dice.chance(200) ? utility::lowest() : utility{static_cast<std::int64_t>(dice.below(7))};
      using order = std::tuple<std::int64_t, std::int64_t, std::uint32_t>;
      std::vector<order> line;
      const std::int64_t layers = w->shape.layers();
      for (std::uint32_t f = 0; f < w->flags.size(); ++f)
        if (w->group_of[f] == group && (w->flags[f] & mask) == residency_flag::resident) {
          const std::int64_t ahead = (std::int64_t{number(w->id(f).layer)} - std::int64_t{number(newcomer.layer)} - 1 + 2 * layers) % layers;
          line.emplace_back(scores.values[f], -ahead, f);
        }
      std::sort(line.begin(), line.end());
      std::optional<expert_id> slow;
      if (!line.empty() && (scene.threshold == utility::lowest() || std::get<0>(line.front()) < scene.threshold.count)) slow = w->id(std::get<2>(line.front()));
      const auto victim = policy.victim(scene);
      ++asked;
      wrong += victim != slow;
      refused += !victim && !line.empty();
      return victim;
    };
    play(*w, dice, 300, [&](const auto& event) { tell(policy, event); }, ask);
  }
  CHECK(wrong == 0);
  CHECK(asked >= 100'000);
  CHECK(refused > 1'000);
}

}  // namespace
