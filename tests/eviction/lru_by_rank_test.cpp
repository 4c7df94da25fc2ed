// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include <moesaic/eviction/lru_by_rank.hpp>

#include "eviction/bench.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::lru_by_rank;

void use_in_order(eviction_bench<lru_by_rank>& b, std::uint64_t token, std::uint32_t layer, std::initializer_list<std::uint32_t> routes) {
  std::vector<std::uint32_t> ascending;
  std::vector<expert_index> order;
  for (const std::uint32_t e : routes) {
    order.push_back(static_cast<expert_index>(e));
    if (e != 65'535 && std::find(ascending.begin(), ascending.end(), e) == ascending.end()) ascending.push_back(e);
  }
  std::sort(ascending.begin(), ascending.end());
  conformance::owned_event event(token, token, layer, ascending);
  layer_event told = event.get();
  told.routes = order;
  b.policy.on(told);
}

TEST_CASE("lru_by_rank: the example of its header") {
  eviction_bench b(lru_by_rank{});
  use_in_order(b, 0, 0, {7, 3});
  b.admit(0, {3, 7});
  CHECK(b.victim() == make_expert(0, 7));
}

TEST_CASE("lru_by_rank: the older event first, then the router's order; the last mention counts, not routed says nothing") {
  eviction_bench b(lru_by_rank{});
  use_in_order(b, 0, 0, {9, 1, 5});
  b.admit(0, {1, 5, 9});
  use_in_order(b, 1, 0, {8, 1, 65'535, 2, 8});
  b.admit(0, {2, 8});
  CHECK(b.order() == experts_of_layer_0({9, 5, 1, 2, 8}));
}

TEST_CASE("lru_by_rank: without routes it is lru") {
  eviction_bench b(lru_by_rank{});
  b.use(0, 0, {3, 7, 9});
  b.admit(0, {3, 7, 9});
  b.use(1, 0, {1, 7});
  b.admit(0, {1});
  CHECK(b.order() == experts_of_layer_0({3, 9, 1, 7}));
}

TEST_CASE("lru_by_rank: a prefetched expert counts as used by the running event, before its own") {
  eviction_bench b(lru_by_rank{}, 2);
  use_in_order(b, 0, 0, {4, 2});
  b.admit(0, {2, 4});
  use_in_order(b, 1, 0, {6, 5});
  b.admit(0, {5, 6});
  b.admit(1, {3}, cause::prefetch);
  CHECK(b.order() == std::vector{make_expert(0, 4), make_expert(0, 2), make_expert(1, 3), make_expert(0, 6), make_expert(0, 5)});
}

struct twin {
  std::uint64_t heard = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> last;  ///< (event, place)
  std::vector<bool> here;
  void hear(const conformance::policy_world& w, const inventory&) {
    last.assign(w.flags.size(), {});
    here.assign(w.flags.size(), false);
  }
  void hear(const conformance::policy_world& w, const layer_event& event) {
    ++heard;
    std::uint64_t place = 0;
    for (const demand& d : event.wanted) last[w.flat({event.layer, d.expert, {}})] = {heard, ++place};
    for (const expert_index e : event.routes) last[w.flat({event.layer, e, {}})] = {heard, ++place};
  }
  void hear(const conformance::policy_world& w, const admitted& one) {
    auto& its = last[w.flat(one.expert)];
    if (its.first < heard) its = {heard, 0};
    here[w.flat(one.expert)] = true;
  }
  void hear(const conformance::policy_world& w, const evicted& one) { here[w.flat(one.expert)] = false; }
  template <class Other>
  void hear(const conformance::policy_world&, const Other&) {}
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> rank(std::uint32_t flat) const {
    return here[flat] || last[flat].first == heard ? last[flat] : std::pair{heard, std::uint64_t{0}};
  }
};

TEST_CASE("lru_by_rank: agrees with a slow and obvious one") { twins::agree(lru_by_rank{}, twin{}); }

}  // namespace
