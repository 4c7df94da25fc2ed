// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/admission/frequency_contest.hpp>
#include <moesaic/scoring/none.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using admission::frequency_contest;

struct asker {
  explicit asker(std::uint32_t half_life) : policy{.half_life = half_life} { policy.on(inventory{shape, {}, 1}); }
  void use(std::uint64_t token, std::vector<std::uint32_t> experts) {
    conformance::owned_event event(token, token, 0, std::move(experts));
    policy.on(event.get());
  }
  verdict operator()(std::uint32_t newcomer, std::optional<std::uint32_t> displaces, cause why = cause::demand) {
    admission_scene<scoring::none> scene{{scores, nothing, {}, {}, {}, {}, {}, {}}, make_expert(0, newcomer), why, phase::decode, {}, {}, {}};
    if (displaces) scene.displaces = make_expert(0, *displaces);
    return policy.admit(scene);
  }
  model_shape shape = *model_shape::uniform(1, 16, 1, {1});
  scoring::none scores{};
  forecast nothing{};
  frequency_contest policy;
};

TEST_CASE("frequency_contest: the more used one has the room, equals let the newcomer in") {
  asker ask(32);
  ask.use(0, {1});
  ask.use(1, {1, 2});
  CHECK(ask(2, 1) == verdict::bypass);
  CHECK(ask(1, 2) == verdict::keep);
  CHECK(ask(2, std::nullopt) == verdict::keep);
  ask.use(2, {3, 4});
  CHECK(ask(3, 4) == verdict::keep);
  CHECK(ask(4, 3) == verdict::keep);
  CHECK_FALSE(ask.policy.displaces_own_event());
}

TEST_CASE("frequency_contest: counts fade") {
  asker ask(4);
  ask.use(0, {1});
  ask.use(1, {1});
  ask.use(2, {2});
  CHECK(ask(2, 1) == verdict::bypass);  // 0.71 + 0.84 against 1
  ask.use(9, {2});                      // 0.21 + 0.25 against 0.30 + 1
  CHECK(ask(2, 1) == verdict::keep);
}

TEST_CASE("frequency_contest: a prefetch is not weighed by the past") {
  asker ask(32);
  for (std::uint64_t t = 0; t < 9; ++t) ask.use(t, {1});
  CHECK(ask(2, 1) == verdict::bypass);
  CHECK(ask(2, 1, cause::prefetch) == verdict::keep);
}

TEST_CASE("frequency_contest: agrees with sums in floating point") {
  for (const std::uint32_t half_life : {1U, 7U, 40U}) {
    asker ask(half_life);
    moesaic_test::splitmix dice{half_life};
    std::vector<std::vector<std::uint64_t>> uses(16);
    std::uint64_t token = 0, bypassed = 0;
    for (int i = 0; i < 30'000; ++i) {
      token += dice.below(3);
      std::vector<std::uint32_t> wanted;
      for (std::uint32_t e = 0; e < 16; ++e)
        if (dice.chance(20 + 20 * e)) wanted.push_back(e);
      if (wanted.empty()) continue;
      ask.use(token, wanted);
      for (const std::uint32_t e : wanted) uses[e].push_back(token);
      const auto worth = [&](std::uint32_t e) {
        double sum = 0;
        for (auto t = uses[e].rbegin(); t != uses[e].rend() && token - *t < 60 * half_life; ++t) sum += std::exp2(-static_cast<double>(token - *t) / half_life);
        return sum;
      };
      const std::uint32_t newcomer = wanted[dice.below(static_cast<std::uint32_t>(wanted.size()))], other = dice.below(16);
      const double mine = worth(newcomer), its = worth(other);
      if (std::abs(mine - its) < 1e-9 * mine && uses[newcomer] != uses[other]) continue;  // too close to say
      const bool stays = its > mine && uses[newcomer] != uses[other];
      bypassed += stays;
      REQUIRE(ask(newcomer, other) == (stays ? verdict::bypass : verdict::keep));
    }
    CHECK(bypassed > 1'000);
  }
}

}  // namespace
