// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <moesaic/eviction/s3_fifo.hpp>

#include "eviction/bench.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::s3_fifo;

TEST_CASE("s3_fifo: the example of its header") {
  eviction_bench b(s3_fifo{});
  b.use(0, 0, {1, 2});
  b.admit(0, {1, 2});
  b.use(1, 0, {1});
  CHECK(b.victim() == make_expert(0, 1));  // used once again is not enough
  b.use(2, 0, {1});
  CHECK(b.victim() == make_expert(0, 2));
}

TEST_CASE("s3_fifo: the large queue goes round until a count is used up") {
  eviction_bench b(s3_fifo{});
  b.use(0, 0, {1, 2, 3});
  b.admit(0, {1, 2, 3});
  for (std::uint64_t t = 1; t < 3; ++t) b.use(t, 0, {1, 2});
  CHECK(b.victim() == make_expert(0, 3));
  b.evict(0, 3);  // 1 and 2 have moved to the large queue
  b.use(3, 0, {1});
  CHECK(b.order() == experts_of_layer_0({2, 1}));
}

TEST_CASE("s3_fifo: who comes back while it is remembered enters the large queue") {
  eviction_bench b(s3_fifo{});
  b.use(0, 0, {1, 2, 3});
  b.admit(0, {1, 2, 3});
  CHECK(b.victim() == make_expert(0, 1));
  b.evict(0, 1);
  b.use(1, 0, {1});
  b.admit(0, {1});
  CHECK(b.order() == experts_of_layer_0({2, 3, 1}));
}

TEST_CASE("s3_fifo: its small queue has an absolute minimum") {
  // 2 of 10 per cent of 4: one place; with least = 3 the small queue gives as long as it has three.
  const auto order = [](std::uint32_t least) {
    eviction_bench b(s3_fifo{.least = least});
    b.use(0, 0, {1, 2, 3});
    b.admit(0, {1, 2, 3});
    CHECK(b.victim() == make_expert(0, 1));
    b.evict(0, 1);
    b.use(1, 0, {1, 4});
    b.admit(0, {1, 4});  // small: 2, 3, 4; large: 1
    std::vector<expert_id> left;
    for (int i = 0; i < 2; ++i) {
      left.push_back(*b.victim());
      b.evict(0, number(left.back().expert));
    }
    return left;
  };
  CHECK(order(1) == experts_of_layer_0({2, 3}));
  CHECK(order(3) == experts_of_layer_0({2, 1}));
}

/// The loops of the paper over plain queues; who may not leave is passed over.
struct slow_s3_fifo {
  std::uint32_t share, least, promote;
  struct pool {
    std::deque<std::uint32_t> small, large, ghosts;  ///< oldest first
  };
  std::vector<pool> pools{};
  std::vector<std::uint32_t> uses{};
  std::vector<bool> promised{}, named{}, remembered{};

  using queue = std::deque<std::uint32_t>;
  static bool has(const queue& q, std::uint32_t x) { return std::find(q.begin(), q.end(), x) != q.end(); }
  static void take(queue& q, std::uint32_t x) { q.erase(std::remove(q.begin(), q.end(), x), q.end()); }

  void hear(const twins::policy_world&, const inventory& all) {
    pools.assign(all.groups, {});
    uses.assign(all.space().size(), 0);
    for (auto* v : {&promised, &named, &remembered}) v->assign(all.space().size(), false);
  }
  void hear(const twins::policy_world& w, const layer_event& event) {
    remembered.assign(remembered.size(), false);
    for (const demand& d : event.wanted) {
      const std::uint32_t x = w.shape.space().flat(event.layer, d.expert);
      pool& g = pools[w.group_of[x]];
      if (has(g.ghosts, x)) {
        take(g.ghosts, x);
        remembered[x] = true;
      } else if (promised[x]) {
        promised[x] = false;
      } else {
        uses[x] = std::min(uses[x] + 1, 3U);
      }
    }
  }
  void hear(const twins::policy_world& w, const admitted& one) {
    const std::uint32_t x = w.flat(one.expert);
    pool& g = pools[w.group_of[x]];
    (remembered[x] || has(g.ghosts, x) ? g.large : g.small).push_back(x);
    take(g.ghosts, x);
    uses[x] = 0;
    named[x] = false;
    promised[x] = one.why == cause::prefetch;
  }
  void look_through_small(pool& g, std::vector<std::uint32_t>& count, const std::vector<bool>& may, std::optional<std::uint32_t>& found) const {
    for (const std::uint32_t x : queue(g.small)) {
      if (count[x] >= promote) {
        take(g.small, x);
        g.large.push_back(x);
        count[x] = 0;
      } else if (may[x]) {
        found = x;
        return;
      }
    }
  }
  /// Turns the queues until somebody who may leaves; nobody: nothing has changed.
  std::optional<std::uint32_t> evict(pool& g, std::vector<std::uint32_t>& count, const std::vector<bool>& may) const {
    const auto anyone = [&](const queue& q) { return std::any_of(q.begin(), q.end(), [&](std::uint32_t x) { return may[x]; }); };
    if (!anyone(g.small) && !anyone(g.large)) return std::nullopt;
    const std::size_t held = g.small.size() + g.large.size();
    std::optional<std::uint32_t> found;
    if (g.small.size() >= std::max<std::size_t>(held * share / 100, least) || g.large.empty()) look_through_small(g, count, may, found);
    if (!found && !anyone(g.large)) look_through_small(g, count, may, found);
    while (!found) {
      const std::uint32_t x = g.large.front();
      if (count[x] == 0 && may[x]) {
        found = x;
        break;
      }
      g.large.pop_front();
      g.large.push_back(x);
      count[x] -= count[x] > 0;
    }
    return found;
  }
  void hear(const twins::policy_world& w, const evicted& one) {
    const std::uint32_t x = w.flat(one.expert);
    pool& g = pools[w.group_of[x]];
    const std::size_t held = g.small.size() + g.large.size();
    if (named[x]) {
      std::vector<bool> only(uses.size());
      only[x] = true;
      CHECK(evict(g, uses, only) == x);
    }
    if (has(g.small, x) && !promised[x]) {
      g.ghosts.push_back(x);
      if (g.ghosts.size() > std::max<std::size_t>(held * 9 / 10, 1)) g.ghosts.pop_front();
      while (g.ghosts.size() > std::max<std::size_t>(held * 9 / 10, 1)) g.ghosts.pop_front();
    }
    take(g.small, x);
    take(g.large, x);
    promised[x] = false;
  }
  void hear(const twins::policy_world&, const lease_ended&) {}
  std::optional<std::uint32_t> victim(const twins::policy_world& w, const std::vector<std::uint32_t>& candidates, std::uint32_t newcomer) {
    pool copy = pools[w.group_of[newcomer]];
    std::vector<std::uint32_t> count = uses;
    std::vector<bool> may(uses.size());
    for (const std::uint32_t c : candidates) may[c] = true;
    const auto found = evict(copy, count, may);
    if (found) named[*found] = true;
    return found;
  }
};

TEST_CASE("s3_fifo: agrees with its slow twin") {
  twins::agree_on_victims(s3_fifo{}, slow_s3_fifo{10, 1, 2});
  twins::agree_on_victims(s3_fifo{.small = 50, .least = 2, .promote = 1}, slow_s3_fifo{50, 2, 1});
}

}  // namespace
