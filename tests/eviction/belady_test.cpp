// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <vector>

#include <moesaic/eviction/belady.hpp>

#include "eviction/bench.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::belady;
using eviction::foretold;

/// Tells a bench's policy who is used next when.
void foretell(eviction_bench<belady>& b, std::uint32_t layer, std::initializer_list<std::uint32_t> experts, const std::vector<std::uint32_t>& next) {
  conformance::owned_event event(0, 0, layer, experts);
  b.policy.on(foretold{static_cast<layer_index>(layer), event.get().wanted, next});
}

TEST_CASE("belady: the example of its header") {
  eviction_bench b(belady{});
  foretell(b, 0, {1, 2}, {7, 9});
  b.admit(0, {1, 2});
  CHECK(b.victim() == make_expert(0, 2));
}

TEST_CASE("belady: the latest next use leaves first, never again before all, and the lower id of equals") {
  eviction_bench b(belady{}, 2);
  foretell(b, 0, {3, 5, 8}, {20, foretold::never, 20});
  foretell(b, 1, {0, 1, 2}, {20, 11, foretold::never});
  b.admit(0, {3, 5, 8});
  b.admit(1, {0, 1, 2});
  CHECK(b.order() == std::vector{make_expert(0, 5), make_expert(1, 2), make_expert(0, 3), make_expert(0, 8), make_expert(1, 0), make_expert(1, 1)});
}

TEST_CASE("belady: what is pinned or of another group stays; nobody is left: nobody leaves") {
  eviction_bench b(belady{});
  foretell(b, 0, {1, 2}, {7, 9});
  b.admit(0, {1, 2});
  b.pin(0, 2);
  CHECK(b.victim() == make_expert(0, 1));
  b.pin(0, 1);
  CHECK_FALSE(b.victim());
}

TEST_CASE("belady: who was never foretold counts as never used again") {
  eviction_bench b(belady{});
  foretell(b, 0, {4}, {5});
  b.admit(0, {0, 4});
  CHECK(b.victim() == make_expert(0, 0));
  CHECK(b.policy.key(make_expert(0, 0)) == utility{-std::int64_t{foretold::never}});
}

TEST_CASE("belady: keys order like victims, absent experts included") {
  eviction_bench b(belady{});
  foretell(b, 0, {1, 2, 3}, {7, 9, foretold::never});
  CHECK(b.policy.key(make_expert(0, 3)) < b.policy.key(make_expert(0, 2)));
  CHECK(b.policy.key(make_expert(0, 2)) < b.policy.key(make_expert(0, 1)));
  foretell(b, 0, {1}, {12});
  CHECK(b.policy.key(make_expert(0, 1)) < b.policy.key(make_expert(0, 2)));
}

/// Knows a future that nobody in particular told: a number drawn from event and expert, the same for policy and twin.
std::uint32_t drawn(std::uint64_t event, std::uint32_t flat) {
  splitmix dice{event * 1'000 + flat};
  return dice.chance(100) ? foretold::never : static_cast<std::uint32_t>(event) + dice.between(1, 40);
}

struct told_belady {  // hears events, and is told that future on the way
  using hears = events<inventory, layer_event>;
  belady policy;
  std::uint64_t heard = 0;
  expert_space space;
  void on(const inventory& all) {
    space = all.space();
    policy.on(all);
  }
  void on(const layer_event& event) noexcept {
    ++heard;
    std::vector<std::uint32_t> next;
    for (const demand& d : event.wanted) next.push_back(drawn(heard, space.flat(event.layer, d.expert)));
    policy.on(foretold{event.layer, event.wanted, next});
  }
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    return policy.victim(scene);
  }
  utility key(expert_id e) const noexcept { return policy.key(e); }
};

struct told_twin {
  std::uint64_t heard = 0;
  std::vector<std::int64_t> next;
  void hear(const conformance::policy_world& w, const inventory&) { next.assign(w.flags.size(), -std::int64_t{foretold::never}); }
  void hear(const conformance::policy_world& w, const layer_event& event) {
    ++heard;
    for (const demand& d : event.wanted) {
      const std::uint32_t flat = w.flat({event.layer, d.expert, {}});
      next[flat] = -std::int64_t{drawn(heard, flat)};
    }
  }
  template <class Other>
  void hear(const conformance::policy_world&, const Other&) {}
  [[nodiscard]] std::int64_t rank(std::uint32_t flat) const { return next[flat]; }
};

TEST_CASE("belady: agrees with a slow and obvious one") { twins::agree(told_belady{}, told_twin{}); }

}  // namespace
