// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <vector>

#include <moesaic/core/decayed_count.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/successor.hpp>

#include "eviction/bench.hpp"
#include "eviction/golden.hpp"
#include "eviction/slow_pairs.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::successor;

/// Expert 1 follows 0 and nothing else does; 2 is used as often, and later, but after 3.
TEST_CASE("successor: the example of its header; lrfu would let the other go") {
  const auto play = [](auto policy) {
    eviction_bench b(policy);
    std::uint64_t token = 0;
    for (std::uint32_t round = 0; round < 10; ++round)
      for (const std::uint32_t e : {0U, 1U, 3U, 2U}) b.use(token++, 0, {e});
    b.use(token, 0, {0});
    b.admit(0, {1, 2});
    return b.victim();
  };
  CHECK(play(eviction::lrfu{}) == make_expert(0, 1));
  CHECK(play(successor{}) == make_expert(0, 2));
}

TEST_CASE("successor: equal histories tie, and the lower id leaves; asking twice changes nothing") {
  eviction_bench b(successor{});
  for (const std::uint64_t token : {0U, 3U, 17U, 60U}) b.use(token, 0, {4, 9});
  b.admit(0, {9, 4});
  CHECK(b.policy.key(make_expert(0, 4)) == b.policy.key(make_expert(0, 9)));
  CHECK(b.victim() == make_expert(0, 4));
  CHECK(b.victim() == make_expert(0, 4));
  CHECK(b.order() == experts_of_layer_0({4, 9}));
}

TEST_CASE("successor: a prefetch counts as one use until it is used or leaves, pairs are only learned from use") {
  eviction_bench b(successor{});
  b.use(0, 0, {1});
  b.use(1, 0, {2});
  b.admit(0, {1, 2});
  b.admit(0, {7}, cause::prefetch);
  const utility promised = b.policy.key(make_expert(0, 7));
  CHECK(promised > b.policy.key(make_expert(0, 1)));  // used just now, as it were
  b.evict(0, 7);
  b.admit(0, {7});
  CHECK(b.policy.key(make_expert(0, 7)) < b.policy.key(make_expert(0, 1)));  // never used
}

TEST_CASE("successor: a half-life outside its range counts as the nearer end") {
  eviction_bench zero(successor{.half_life = 0}), one(successor{.half_life = 1});
  for (std::uint64_t token = 0; token < 20; ++token) {
    zero.use(token, 0, {static_cast<std::uint32_t>(token * 7 % 5)});
    one.use(token, 0, {static_cast<std::uint32_t>(token * 7 % 5)});
  }
  for (std::uint32_t e = 0; e < 16; ++e) CHECK(zero.policy.key(make_expert(0, e)) == one.policy.key(make_expert(0, e)));
}

TEST_CASE("successor: golden counts") { golden::agree("successor(1)", successor{.half_life = 1}); }

TEST_CASE("successor: its SPEC") {
  CHECK(eviction::make("successor"));
  CHECK(eviction::make("successor(64)"));
  CHECK(eviction::make("successor(half_life=64)"));
  CHECK_FALSE(eviction::make("successor(0)"));
  CHECK_FALSE(eviction::make("successor(reach=2)"));
}

/// Counts and pairs in maps, looked up anew at each question.
struct slow_successor {
  using policy_world = twins::policy_world;

  decay_clock clock;
  std::map<std::uint32_t, decayed_count> counts{}, promises{};
  std::map<std::uint32_t, std::uint64_t> last{};
  std::map<std::uint32_t, slow_pairs> layers{};
  std::map<std::uint32_t, bool> here{};
  std::uint64_t now = 0, token = 0;
  const policy_world* world = nullptr;

  void hear(const policy_world& w, const inventory&) { world = &w; }
  void hear(const policy_world& w, const layer_event& event) {
    ++now;
    token = event.first_token.count;
    for (const demand& d : event.wanted) {
      const std::uint32_t f = w.shape.space().flat(event.layer, d.expert);
      counts[f] += clock.use_at({token});
      last[f] = now;
      promises.erase(f);
    }
    layers[number(event.layer)].hear(event);
  }
  void hear(const policy_world& w, const admitted& one) {
    const std::uint32_t f = w.flat(one.expert);
    here[f] = true;
    if (one.why == cause::prefetch) promises[f] = entering(f);
  }
  void hear(const policy_world& w, const evicted& one) {
    here[w.flat(one.expert)] = false;
    promises.erase(w.flat(one.expert));
  }
  void hear(const policy_world&, const lease_ended&) {}

  [[nodiscard]] decayed_count count(std::uint32_t f) const {
    const auto found = counts.find(f);
    return found == counts.end() ? decayed_count{} : found->second;
  }
  [[nodiscard]] decayed_count entering(std::uint32_t f) const {
    decayed_count its = count(f);
    const auto used = last.find(f);
    if (now != 0 && (used == last.end() || used->second != now)) its += clock.use_at({token});
    return its;
  }
  [[nodiscard]] std::int64_t rank(std::uint32_t f) const {
    const auto resident = here.find(f);
    const auto promise = promises.find(f);
    const decayed_count its = resident == here.end() || !resident->second ? entering(f) : promise != promises.end() ? promise->second : count(f);
    const auto pairs = layers.find(number(world->id(f).layer));
    return (its.worth().count >> 15U) + (pairs == layers.end() ? 0 : pairs->second.evidence(number(world->id(f).expert)));
  }
};

TEST_CASE("successor: agrees with counts and pairs in maps") {
  for (const std::uint32_t half_life : {1U, 32U}) twins::agree(successor{.half_life = half_life}, slow_successor{decay_clock(half_life)}, 280, 300);
}

}  // namespace
