// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/eviction/sieve.hpp>

#include "eviction/bench.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::sieve;

TEST_CASE("sieve: the example of its header") {
  eviction_bench b(sieve{});
  b.use(0, 0, {1, 2, 3});
  b.admit(0, {1, 2, 3});
  b.use(1, 0, {1});
  CHECK(b.victim() == make_expert(0, 2));
}

TEST_CASE("sieve: the hand goes on from where it stopped, and takes the marks on its way") {
  eviction_bench b(sieve{});
  b.use(0, 0, {1, 2, 3, 4});
  b.admit(0, {1, 2, 3, 4});
  b.use(1, 0, {1, 3});
  CHECK(b.victim() == make_expert(0, 2));  // takes the mark of 1
  b.evict(0, 2);
  b.use(2, 0, {9});
  b.admit(0, {9});
  CHECK(b.victim() == make_expert(0, 4));  // takes the mark of 3
  b.evict(0, 4);
  CHECK(b.order() == experts_of_layer_0({9, 1, 3}));  // 9 is the newest, then from the oldest again
}

TEST_CASE("sieve: with marks everywhere the hand goes round once") {
  eviction_bench b(sieve{});
  b.use(0, 0, {1, 2, 3});
  b.admit(0, {1, 2, 3});
  b.use(1, 0, {1, 2, 3});
  CHECK(b.order() == experts_of_layer_0({1, 2, 3}));
}

TEST_CASE("sieve: the first use after a prefetch is not a use again") {
  eviction_bench b(sieve{});
  b.admit(0, {7}, cause::prefetch);
  b.use(0, 0, {1, 7});
  b.admit(0, {1});
  CHECK(b.victim() == make_expert(0, 7));
  b.use(1, 0, {7});
  CHECK(b.victim() == make_expert(0, 1));
}

TEST_CASE("sieve: who leaves unasked leaves the hand and the marks alone") {
  eviction_bench b(sieve{});
  b.use(0, 0, {1, 2, 3, 4});
  b.admit(0, {1, 2, 3, 4});
  b.use(1, 0, {1, 2});
  b.evict(0, 4);                           // a transfer failed
  CHECK(b.victim() == make_expert(0, 3));  // 1 and 2 keep their marks
}

/// The loop of the paper over plain vectors; who may not leave is passed over.
struct slow_sieve {
  struct pool {
    std::vector<std::uint32_t> queue;  ///< oldest first
    std::optional<std::uint32_t> hand;
  };
  std::vector<pool> pools{};
  std::vector<bool> visited{}, promised{}, named{};

  void hear(const twins::policy_world&, const inventory& all) {
    pools.assign(all.groups, {});
    for (auto* v : {&visited, &promised, &named}) v->assign(all.space().size(), false);
  }
  void hear(const twins::policy_world& w, const layer_event& event) {
    for (const demand& d : event.wanted) {
      const std::uint32_t flat = w.shape.space().flat(event.layer, d.expert);
      if (promised[flat])
        promised[flat] = false;
      else
        visited[flat] = true;
    }
  }
  void hear(const twins::policy_world& w, const admitted& one) {
    const std::uint32_t flat = w.flat(one.expert);
    pools[w.group_of[flat]].queue.push_back(flat);
    visited[flat] = named[flat] = false;
    promised[flat] = one.why == cause::prefetch;
  }
  /// Moves hand and marks until somebody `may` leave.
  template <class May>
  std::optional<std::uint32_t> walk(pool& p, std::vector<bool>& marks, May may) {
    std::size_t at = p.hand ? static_cast<std::size_t>(std::find(p.queue.begin(), p.queue.end(), *p.hand) - p.queue.begin()) : 0;
    for (std::size_t steps = 0; steps < 2 * p.queue.size() + 1; ++steps, at = (at + 1) % p.queue.size()) {
      if (!marks[p.queue[at]] && may(p.queue[at])) return p.queue[at];
      marks[p.queue[at]] = false;
    }
    return std::nullopt;
  }
  void hear(const twins::policy_world& w, const evicted& one) {
    const std::uint32_t flat = w.flat(one.expert);
    pool& p = pools[w.group_of[flat]];
    if (named[flat]) {
      CHECK(walk(p, visited, [&](std::uint32_t f) { return f == flat; }) == flat);
      p.hand = flat;
    }
    const auto at = std::find(p.queue.begin(), p.queue.end(), flat);
    if (p.hand == flat) p.hand = at + 1 == p.queue.end() ? std::nullopt : std::optional(*(at + 1));
    p.queue.erase(at);
    visited[flat] = promised[flat] = named[flat] = false;
  }
  void hear(const twins::policy_world&, const lease_ended&) {}
  std::optional<std::uint32_t> victim(const twins::policy_world& w, const std::vector<std::uint32_t>& candidates, std::uint32_t newcomer) {
    if (candidates.empty()) return std::nullopt;
    pool copy = pools[w.group_of[newcomer]];
    std::vector<bool> marks = visited;
    const auto found = walk(copy, marks, [&](std::uint32_t f) { return std::find(candidates.begin(), candidates.end(), f) != candidates.end(); });
    if (found) named[*found] = true;
    return found;
  }
};

TEST_CASE("sieve: agrees with its slow twin") { twins::agree_on_victims(sieve{}, slow_sieve{}); }

}  // namespace
