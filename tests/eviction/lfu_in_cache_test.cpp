// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/eviction/lfu_in_cache.hpp>

#include "eviction/bench.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::lfu_in_cache;

TEST_CASE("lfu_in_cache: the example of its header") {
  eviction_bench b(lfu_in_cache{});
  b.use(0, 0, {1, 2});
  b.admit(0, {1, 2});
  b.use(1, 0, {1, 2});
  b.evict(0, 1);
  b.use(2, 0, {1});
  b.admit(0, {1});
  CHECK(b.victim() == make_expert(0, 1));
}

TEST_CASE("lfu_in_cache: uses that were streamed do not count") {
  eviction_bench b(lfu_in_cache{});
  b.use(0, 0, {2});
  b.admit(0, {2});
  for (std::uint64_t t = 1; t < 5; ++t) b.use(t, 0, {1});  // never kept
  b.use(5, 0, {1, 2});
  CHECK(b.policy.key(make_expert(0, 1)) < b.policy.key(make_expert(0, 2)));
  b.admit(0, {1});
  CHECK(b.victim() == make_expert(0, 1));
}

TEST_CASE("lfu_in_cache: a prefetch counts as one use until it is used or leaves") {
  eviction_bench b(lfu_in_cache{});
  b.use(0, 0, {1});
  b.admit(0, {1});
  b.use(1, 0, {2});
  b.admit(0, {2});
  b.admit(0, {7}, cause::prefetch);
  CHECK(b.policy.key(make_expert(0, 7)) == b.policy.key(make_expert(0, 2)));
  b.use(2, 0, {7});
  CHECK(b.order() == experts_of_layer_0({1, 2, 7}));
}

/// Remembers the events that used an expert since it came in.
struct slow_lfu_in_cache {
  std::uint64_t now = 0;
  std::vector<std::vector<std::uint64_t>> uses;
  std::vector<bool> here, unused;
  std::vector<std::uint64_t> used_at;  ///< last event that wanted it, resident or not

  void hear(const twins::policy_world&, const inventory& all) {
    uses.assign(all.space().size(), {});
    here.assign(all.space().size(), false);
    unused.assign(all.space().size(), false);
    used_at.assign(all.space().size(), 0);
  }
  void hear(const twins::policy_world& w, const layer_event& event) {
    ++now;
    for (const demand& d : event.wanted) {
      const std::uint32_t x = w.shape.space().flat(event.layer, d.expert);
      used_at[x] = now;
      if (!here[x]) continue;
      if (unused[x]) uses[x].clear();  // the promise is kept: from here on it counts like any other use
      unused[x] = false;
      uses[x].push_back(now);
    }
  }
  void hear(const twins::policy_world& w, const admitted& one) {
    const std::uint32_t x = w.flat(one.expert);
    here[x] = true;
    unused[x] = one.why == cause::prefetch;
    uses[x] = {one.why == cause::prefetch ? now : used_at[x]};
  }
  void hear(const twins::policy_world& w, const evicted& one) { here[w.flat(one.expert)] = false; }
  void hear(const twins::policy_world&, const lease_ended&) {}
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> rank(std::uint32_t x) const {
    if (!here[x]) return {1, now};
    return {uses[x].size(), uses[x].back()};
  }
};

TEST_CASE("lfu_in_cache: agrees with its slow twin") { twins::agree(lfu_in_cache{}, slow_lfu_in_cache{}); }

}  // namespace
