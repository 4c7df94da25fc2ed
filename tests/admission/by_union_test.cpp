// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <moesaic/admission/by_union.hpp>
#include <moesaic/scoring/none.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using admission::by_union;

/// Two layers of 32 experts, in a pool each or in one; `fill` puts experts into layer 0's pool.
struct asker {
  explicit asker(bool one_pool = false, by_union given = {}) : policy(given) {
    for (std::uint32_t f = 0; f < group_of.size(); ++f) group_of[f] = static_cast<std::uint16_t>(one_pool ? 0 : f / 32);
    policy.on(inventory{shape, group_of, one_pool ? 1U : 2U});
  }
  void event(std::uint32_t experts, std::uint32_t tokens = 1, std::uint32_t layer = 0) {
    std::vector<std::uint32_t> wanted(experts);
    std::iota(wanted.begin(), wanted.end(), 0);
    conformance::owned_event e(at, at, layer, wanted, tokens);
    ++at;
    policy.on(e.get());
  }
  void fill(std::uint32_t experts) {
    for (std::uint32_t e = 0; e < experts; ++e) policy.on(admitted{make_expert(0, e), cause::demand});
  }
  verdict ask(std::int64_t newcomer, std::int64_t displaced) {
    return policy.admit(admission_scene<scoring::none>{
        {scores, nothing, {}, {}, {}, {}, {}, {}}, make_expert(0, 30), cause::demand, phase::decode, make_expert(0, 1), utility{newcomer}, utility{displaced}});
  }
  model_shape shape = *model_shape::uniform(2, 32, 4, {1});
  std::vector<std::uint16_t> group_of = std::vector<std::uint16_t>(64);
  scoring::none scores{};
  forecast nothing{};
  by_union policy;
  std::uint64_t at = 0;
};

TEST_CASE("by_union: forced until the pool was full, and while events fit easily") {
  asker a;
  CHECK(a.policy.displaces_own_event());  // before the first event: it needs keys
  a.event(16);
  CHECK_FALSE(a.policy.displaces_own_event());
  for (int i = 0; i < 20; ++i) a.event(16);
  CHECK_FALSE(a.policy.displaces_own_event());  // nobody has had to go yet
  a.fill(10);
  CHECK(a.ask(1, 2) == verdict::keep);          // forced; now it knows that ten fit
  a.event(16);
  CHECK(a.policy.displaces_own_event());        // 16 of 10: the threshold for one token is 160 %
  CHECK(a.ask(1, 2) == verdict::bypass);
  CHECK(a.ask(3, 2) == verdict::keep);
}

TEST_CASE("by_union: the threshold falls with the tokens of the event") {
  for (const auto& [of_event, experts] : {std::pair(1U, 16U), std::pair(2U, 11U), std::pair(4U, 8U), std::pair(8U, 7U)}) {
    const std::uint32_t tokens = of_event;
    for (const bool below : {false, true}) {
      asker a;
      a.fill(10);
      (void)a.ask(1, 2);
      for (int i = 0; i < 40; ++i) a.event(experts - (below ? 1 : 0), tokens);
      CAPTURE(tokens);
      CHECK(a.policy.displaces_own_event() == !below);  // 160, 105, 77.5 and 63.75 % of ten
    }
  }
}

TEST_CASE("by_union: the mean follows about sixteen events") {
  asker a;
  a.fill(10);
  (void)a.ask(1, 2);
  for (int i = 0; i < 100; ++i) a.event(4);
  CHECK_FALSE(a.policy.displaces_own_event());
  int until = 0;
  for (; !a.policy.displaces_own_event() && until < 100; ++until) a.event(20);
  CHECK(until > 16);  // 4 + 16 (1 - (15/16)^n) reaches 16 after 22, and an event counts once it is over
  CHECK(until < 26);
}

TEST_CASE("by_union: layers that share a pool are optional; pools of other layers have their own means") {
  asker shared(true);
  shared.event(1);
  CHECK(shared.policy.displaces_own_event());
  asker a;
  a.fill(10);
  (void)a.ask(1, 2);
  for (int i = 0; i < 20; ++i) {
    a.event(20, 1, 0);
    CHECK(a.policy.displaces_own_event() == (i > 0));
    a.event(20, 1, 1);  // layer 1's pool was never full
    CHECK_FALSE(a.policy.displaces_own_event());
  }
}

TEST_CASE("by_union: who left makes the pool smaller") {
  asker a(false, {.percent = 100, .fresh = 0});
  a.fill(20);
  (void)a.ask(1, 2);
  for (int i = 0; i < 20; ++i) a.event(15);
  CHECK_FALSE(a.policy.displaces_own_event());
  for (std::uint32_t e = 0; e < 8; ++e) a.policy.on(evicted{make_expert(0, e)});
  a.event(15);
  CHECK_FALSE(a.policy.displaces_own_event());  // free room is no smaller pool
  (void)a.ask(1, 2);                            // but somebody has to go with twelve there: the budget has shrunk
  a.event(15);
  CHECK(a.policy.displaces_own_event());
}

}  // namespace
