// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include <moesaic/eviction/lru.hpp>

#include "eviction/bench.hpp"
#include "eviction/golden.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::lru;

TEST_CASE("lru: the example of its header") {
  eviction_bench b(lru{});
  b.use(0, 0, {1, 2});
  b.admit(0, {1, 2});
  CHECK(b.victim() == make_expert(0, 1));
}

TEST_CASE("lru: the older event leaves first, within an event the lower id") {
  eviction_bench b(lru{});
  b.use(0, 0, {3, 7, 9});
  b.admit(0, {3, 7, 9});
  b.use(1, 0, {1, 7});
  b.admit(0, {1});  // a miss of the event whose hit is 7: the two share a key
  CHECK(b.order() == experts_of_layer_0({3, 9, 1, 7}));
}

TEST_CASE("lru: misses find their place between the hits of their event, in any order of admission") {
  for (const bool ascending : {true, false}) {
    eviction_bench b(lru{});
    b.use(0, 0, {2, 5, 8});
    b.admit(0, {2, 5, 8});
    b.use(1, 0, {1, 2, 3, 5, 6, 8, 9});
    if (ascending)
      b.admit(0, {1, 3, 6, 9});
    else
      b.admit(0, {9, 3, 6, 1});
    CHECK(b.order() == experts_of_layer_0({1, 2, 3, 5, 6, 8, 9}));
  }
}

TEST_CASE("lru: events of several layers in one pool go by event, not by id") {
  eviction_bench b(lru{}, 3);
  b.use(0, 2, {0});
  b.admit(2, {0});
  b.use(0, 0, {4});
  b.admit(0, {4});
  b.use(0, 1, {1, 3});
  b.admit(1, {1, 3});
  CHECK(b.order() == std::vector{make_expert(2, 0), make_expert(0, 4), make_expert(1, 1), make_expert(1, 3)});
}

TEST_CASE("lru: a prefetched expert counts as used by the running event") {
  eviction_bench b(lru{}, 2);
  b.use(0, 0, {1, 5});
  b.admit(0, {1, 5});
  b.use(0, 0, {5});
  b.admit(1, {0}, cause::prefetch);
  CHECK(b.policy.key(make_expert(1, 0)) == b.policy.key(make_expert(0, 5)));
  CHECK(b.order() == std::vector{make_expert(0, 1), make_expert(0, 5), make_expert(1, 0)});
}

TEST_CASE("lru: who may not leave is passed over, and an evicted expert starts anew") {
  eviction_bench b(lru{});
  b.use(0, 0, {1, 2, 3});
  b.admit(0, {1, 2, 3});
  b.pin(0, 1);
  CHECK(b.victim() == make_expert(0, 2));
  b.evict(0, 2);
  CHECK(b.victim() == make_expert(0, 3));
  b.use(1, 0, {2});
  b.admit(0, {2});
  CHECK(b.victim() == make_expert(0, 3));
  CHECK(b.policy.key(make_expert(0, 2)) > b.policy.key(make_expert(0, 3)));
  CHECK(b.policy.key(make_expert(0, 9)) == b.policy.key(make_expert(0, 2)));  // absent: as if it entered now
}

TEST_CASE("lru: the conformance trace has 12 hits and 18 misses") {
  const model_shape shape = *model_shape::uniform(3, 4, 2, {1});
  std::vector<conformance::owned_event> trace;
  const std::vector<std::vector<std::uint32_t>> requests{{0, 1}, {0, 2}, {0, 1}, {0, 3}, {0, 1}};
  for (std::uint32_t step = 0; step < 5; ++step)
    for (std::uint32_t layer = 0; layer < 3; ++layer) trace.emplace_back(step, step, layer, requests[step]);
  const golden::counts seen = golden::replay(lru{}, trace, shape, true, 2, golden::rule::forced);
  CHECK(seen.accesses == 30);
  CHECK(seen.misses == 18);
}

TEST_CASE("lru: golden counts") { golden::agree("lru", lru{}); }

/// Remembers when each was used last, and sorts.
struct slow_lru {
  std::uint64_t now = 0;
  std::vector<std::uint64_t> last;
  std::vector<bool> here;

  void hear(const twins::policy_world&, const inventory& all) {
    last.assign(all.space().size(), 0);
    here.assign(all.space().size(), false);
  }
  void hear(const twins::policy_world& w, const layer_event& event) {
    ++now;
    for (const demand& d : event.wanted) last[w.shape.space().flat(event.layer, d.expert)] = now;
  }
  void hear(const twins::policy_world& w, const admitted& one) {
    last[w.flat(one.expert)] = now;
    here[w.flat(one.expert)] = true;
  }
  void hear(const twins::policy_world& w, const evicted& one) { here[w.flat(one.expert)] = false; }
  void hear(const twins::policy_world&, const lease_ended&) {}
  [[nodiscard]] std::uint64_t rank(std::uint32_t flat) const { return here[flat] ? last[flat] : now; }
};

TEST_CASE("lru: agrees with its slow twin") { twins::agree(lru{}, slow_lru{}); }

}  // namespace
