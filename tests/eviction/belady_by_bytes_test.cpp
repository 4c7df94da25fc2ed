// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/eviction/belady_by_bytes.hpp>
#include <moesaic/scoring/none.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using conformance::policy_world;
using eviction::belady_by_bytes;
using eviction::foretold;
using moesaic_test::splitmix;

/// A model of one layer with sizes of its own, a policy, and what is resident.
struct sized_bench {
  explicit sized_bench(const std::vector<std::uint64_t>& sizes)
      : world(
            [&] {
              model_shape shape = *model_shape::uniform(1, static_cast<std::uint32_t>(sizes.size()), 1, {1});
              for (std::uint32_t e = 0; e < sizes.size(); ++e) shape.resize(make_expert(0, e), {sizes[e]});
              return shape;
            }(),
            std::vector<std::uint16_t>(expert_space(1, static_cast<std::uint32_t>(sizes.size())).size()), 1) {
    policy.on(world.all());
  }
  void foretell(const std::vector<std::uint32_t>& experts, const std::vector<std::uint32_t>& next) {
    conformance::owned_event event(0, 0, 0, experts);
    policy.on(foretold{layer_index{0}, event.get().wanted, next});
  }
  [[nodiscard]] std::optional<expert_id> victim(std::uint32_t newcomer = 0) const {
    return policy.victim(conformance::eviction_scene_of(world, nothing, 0, make_expert(0, newcomer), cause::demand, policy_world::everything));
  }
  policy_world world;
  scoring::none nothing;
  belady_by_bytes policy;
};

TEST_CASE("belady_by_bytes: the example of its header") {
  sized_bench b({1, 10, 30});
  b.foretell({0}, {5});
  b.foretell({1, 2}, {7, 6});
  b.foretell({0}, {foretold::never});  // event 5, as it was foretold
  b.world.give_room(1, residency_flag::resident);
  b.world.give_room(2, residency_flag::resident);
  CHECK(b.victim() == make_expert(0, 2));
  CHECK(b.policy.key(make_expert(0, 1)) == utility{-2 * 10});
  CHECK(b.policy.key(make_expert(0, 2)) == utility{-1 * 30});
}

TEST_CASE("belady_by_bytes: of those never used again the largest leaves; sizes of any width fit") {
  sized_bench b({std::uint64_t{1} << 50U, std::uint64_t{3} << 50U, std::uint64_t{2} << 50U});
  b.foretell({0, 1, 2}, {foretold::never, foretold::never, foretold::never});
  for (std::uint32_t e = 0; e < 3; ++e) b.world.give_room(e, residency_flag::resident);
  CHECK(b.victim() == make_expert(0, 1));
  b.world.take_room(1);
  CHECK(b.victim() == make_expert(0, 2));
}

TEST_CASE("belady_by_bytes: agrees with a search through the events to come") {
  std::uint64_t wrong = 0, questions = 0;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    splitmix dice{seed};
    std::vector<std::uint64_t> sizes(24);
    for (auto& s : sizes) s = dice.between(1, 9) * 100;
    sized_bench b(sizes);
    const std::uint64_t room = dice.between(1'500, 6'000);
    std::vector<std::vector<std::uint32_t>> trace(700);
    for (auto& wanted : trace) {
      for (std::uint32_t e = 0; e < 24; ++e)
        if (dice.chance(40 + 10 * (e % 8))) wanted.push_back(e);
      if (wanted.empty()) wanted.push_back(dice.below(24));
    }
    const auto next_use = [&](std::size_t from, std::uint32_t e) -> std::uint32_t {
      for (std::size_t n = from + 1; n < trace.size(); ++n)
        if (std::find(trace[n].begin(), trace[n].end(), e) != trace[n].end()) return static_cast<std::uint32_t>(n);
      return foretold::never;
    };
    std::vector<std::optional<std::uint32_t>> known(24);  // only who was wanted once has a future that was told
    for (std::size_t now = 0; now < trace.size(); ++now) {
      std::vector<std::uint32_t> next;
      for (const std::uint32_t e : trace[now]) next.push_back(next_use(now, e));
      b.foretell(trace[now], next);
      for (std::size_t i = 0; i < next.size(); ++i) known[trace[now][i]] = next[i];
      for (const std::uint32_t e : trace[now]) {
        if (b.world.has_room(e)) continue;
        while (b.world.used[0].count + sizes[e] > room) {
          const auto victim = b.victim(e);
          std::optional<std::uint32_t> slow;
          const auto fills = [&](std::uint32_t f) { return (std::uint64_t{*known[f]} - now) * sizes[f]; };
          for (std::uint32_t f = 0; f < 24; ++f)
            if (b.world.has_room(f) && (!slow || fills(f) > fills(*slow))) slow = f;
          ++questions;
          wrong += !victim || b.world.flat(*victim) != *slow;
          if (!victim) break;
          b.world.take_room(b.world.flat(*victim));
        }
        b.world.give_room(e, residency_flag::resident);
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(questions > 100'000);
}

}  // namespace
