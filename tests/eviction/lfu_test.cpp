// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/eviction/lfu.hpp>

#include "eviction/bench.hpp"
#include "eviction/golden.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::lfu;

TEST_CASE("lfu: the example of its header") {
  eviction_bench b(lfu{});
  b.use(0, 0, {1, 2});
  b.admit(0, {1, 2});
  b.use(1, 0, {1});
  CHECK(b.victim() == make_expert(0, 2));
}

TEST_CASE("lfu: equal counts go by last use, then by id; an event counts once") {
  eviction_bench b(lfu{});
  b.use(0, 0, {5, 6});
  b.use(1, 0, {3, 4});
  b.use(2, 0, {9});
  b.use(3, 0, {9});
  b.admit(0, {3, 4, 5, 6, 9});
  CHECK(b.order() == experts_of_layer_0({5, 6, 3, 4, 9}));
}

TEST_CASE("lfu: counts survive eviction") {
  eviction_bench b(lfu{});
  b.use(0, 0, {1});
  b.use(1, 0, {1});
  b.use(2, 0, {2});
  b.admit(0, {1, 2});
  b.evict(0, 1);
  b.use(3, 0, {2});
  b.admit(0, {1});
  CHECK(b.victim() == make_expert(0, 1));  // twice each, and 2 later
  b.use(4, 0, {1});
  CHECK(b.victim() == make_expert(0, 2));
}

TEST_CASE("lfu: a prefetch counts as one use until it is used or leaves") {
  eviction_bench b(lfu{});
  b.use(0, 0, {1});
  b.use(1, 0, {2});
  b.admit(0, {1, 2});
  b.admit(0, {7}, cause::prefetch);
  CHECK(b.victim() == make_expert(0, 1));  // 7 as if the second event had used it
  CHECK(b.policy.key(make_expert(0, 7)) == b.policy.key(make_expert(0, 2)));
  b.evict(0, 7);
  b.use(2, 0, {7});
  b.admit(0, {7});
  CHECK(b.policy.key(make_expert(0, 7)) > b.policy.key(make_expert(0, 2)));  // once each: the promise was taken back
  b.use(3, 0, {2});
  CHECK(b.policy.key(make_expert(0, 7)) < b.policy.key(make_expert(0, 2)));
}

TEST_CASE("lfu: golden counts") { golden::agree("lfu", lfu{}); }

/// Remembers every event that used an expert, counts and sorts.
struct slow_lfu {
  std::uint64_t now = 0;
  std::vector<std::vector<std::uint64_t>> uses;
  std::vector<std::uint64_t> promised;  ///< event of a prefetch that nobody has used; 0: none
  std::vector<bool> here;

  void hear(const twins::policy_world&, const inventory& all) {
    uses.assign(all.space().size(), {});
    promised.assign(all.space().size(), 0);
    here.assign(all.space().size(), false);
  }
  void hear(const twins::policy_world& w, const layer_event& event) {
    ++now;
    for (const demand& d : event.wanted) {
      uses[w.shape.space().flat(event.layer, d.expert)].push_back(now);
      promised[w.shape.space().flat(event.layer, d.expert)] = 0;
    }
  }
  void hear(const twins::policy_world& w, const admitted& one) {
    const std::uint32_t flat = w.flat(one.expert);
    here[flat] = true;
    if (one.why == cause::prefetch && !used_now(flat)) promised[flat] = now;
  }
  void hear(const twins::policy_world& w, const evicted& one) {
    here[w.flat(one.expert)] = false;
    promised[w.flat(one.expert)] = 0;
  }
  void hear(const twins::policy_world&, const lease_ended&) {}
  [[nodiscard]] bool used_now(std::uint32_t flat) const { return !uses[flat].empty() && uses[flat].back() == now; }
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> rank(std::uint32_t flat) const {
    const std::uint64_t promise = here[flat] ? promised[flat] : used_now(flat) ? 0 : now;
    if (promise != 0) return {uses[flat].size() + 1, promise};
    return {uses[flat].size(), uses[flat].empty() ? 0 : uses[flat].back()};
  }
};

TEST_CASE("lfu: agrees with its slow twin") { twins::agree(lfu{}, slow_lfu{}); }

}  // namespace
