// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include <moesaic/eviction/fifo.hpp>

#include "eviction/bench.hpp"
#include "eviction/golden.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::fifo;

TEST_CASE("fifo: the example of its header, and uses change nothing") {
  eviction_bench b(fifo{});
  b.use(0, 0, {1});
  b.admit(0, {1});
  b.use(1, 0, {2});
  b.admit(0, {2});
  b.use(2, 0, {1});
  CHECK(b.victim() == make_expert(0, 1));
}

TEST_CASE("fifo: of one event the lower id leaves first; who comes back comes last") {
  eviction_bench b(fifo{});
  b.use(0, 0, {4, 6, 8});
  b.admit(0, {8, 4, 6});
  b.evict(0, 4);
  b.use(1, 0, {4});
  CHECK(b.policy.key(make_expert(0, 4)) > b.policy.key(make_expert(0, 6)));  // absent: as if it entered now
  b.admit(0, {4});
  b.admit(0, {2}, cause::prefetch);
  CHECK(b.order() == experts_of_layer_0({6, 8, 2, 4}));
}

TEST_CASE("fifo: golden counts") { golden::agree("fifo", fifo{}); }

/// Remembers when each entered, and sorts.
struct slow_fifo {
  std::uint64_t now = 0;
  std::vector<std::uint64_t> entered;
  std::vector<bool> here;

  void hear(const twins::policy_world&, const inventory& all) {
    entered.assign(all.space().size(), 0);
    here.assign(all.space().size(), false);
  }
  void hear(const twins::policy_world&, const layer_event&) { ++now; }
  void hear(const twins::policy_world& w, const admitted& one) {
    entered[w.flat(one.expert)] = now;
    here[w.flat(one.expert)] = true;
  }
  void hear(const twins::policy_world& w, const evicted& one) { here[w.flat(one.expert)] = false; }
  void hear(const twins::policy_world&, const lease_ended&) {}
  [[nodiscard]] std::uint64_t rank(std::uint32_t flat) const { return here[flat] ? entered[flat] : now; }
};

TEST_CASE("fifo: agrees with its slow twin") { twins::agree(fifo{}, slow_fifo{}); }

}  // namespace
