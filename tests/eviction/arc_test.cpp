// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include <moesaic/eviction/arc.hpp>

#include "eviction/bench.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::arc;

TEST_CASE("arc: the example of its header") {
  eviction_bench b(arc{});
  b.use(0, 0, {1, 2, 3});
  b.admit(0, {1, 2, 3});
  b.use(1, 0, {1});
  CHECK(b.victim() == make_expert(0, 2));
}

TEST_CASE("arc: who comes back in time enters the second queue, and the first gets more room") {
  eviction_bench b(arc{});
  b.use(0, 0, {1, 2});
  b.admit(0, {1, 2});
  b.use(1, 0, {2});  // T1 {1}, T2 {2}
  b.evict(0, 1);     // B1 {1}
  b.use(2, 0, {3});
  b.admit(0, {3});   // T1 {3}
  b.use(3, 0, {1});  // found in B1: T1 should have had one place
  CHECK(b.victim() == make_expert(0, 2));  // so it keeps its one, and the second queue gives
  b.evict(0, 2);
  b.admit(0, {1});   // T1 {3}, T2 {1}
  b.use(4, 0, {4});
  CHECK(b.victim() == make_expert(0, 1));
}

TEST_CASE("arc: a prefetch is no use: it enters the first queue, its first use leaves it there, unused it is forgotten") {
  eviction_bench b(arc{});
  b.use(0, 0, {1});
  b.admit(0, {1});
  b.admit(0, {7}, cause::prefetch);
  b.use(1, 0, {7});
  b.use(2, 0, {1});
  CHECK(b.order() == experts_of_layer_0({7, 1}));  // 7 was used once, 1 twice
  eviction_bench c(arc{});
  c.admit(0, {7}, cause::prefetch);
  c.evict(0, 7);
  c.use(0, 0, {7});
  c.admit(0, {7});
  c.use(0, 0, {1});
  c.admit(0, {1});
  CHECK(c.victim() == make_expert(0, 7));  // in the first queue: nothing was remembered
}

/// The paper's lists and its REPLACE, with the target in floating point.
struct slow_arc {
  struct pool {
    std::list<std::uint32_t> t1, t2, b1, b2;  ///< least recently used first
    double p = 0;
    [[nodiscard]] std::size_t held() const { return t1.size() + t2.size(); }
  };
  std::vector<pool> pools{};
  std::vector<bool> promised{};
  std::vector<int> found_in{};  ///< ghost list in which the running event found it; 0: none

  static bool has(const std::list<std::uint32_t>& l, std::uint32_t x) { return std::find(l.begin(), l.end(), x) != l.end(); }
  void hear(const twins::policy_world&, const inventory& all) {
    pools.assign(all.groups, {});
    promised.assign(all.space().size(), false);
    found_in.assign(all.space().size(), 0);
  }
  void hear(const twins::policy_world& w, const layer_event& event) {
    found_in.assign(found_in.size(), 0);
    for (const demand& d : event.wanted) {
      const std::uint32_t x = w.shape.space().flat(event.layer, d.expert);
      pool& g = pools[w.group_of[x]];
      const auto size = [](const auto& l) { return static_cast<double>(l.size()); };
      if (has(g.b1, x)) {
        g.p = std::min(g.p + std::max(size(g.b2) / size(g.b1), 1.0), static_cast<double>(g.held()));
        g.b1.remove(x);
        found_in[x] = 1;
      } else if (has(g.b2, x)) {
        g.p = std::max(g.p - std::max(size(g.b1) / size(g.b2), 1.0), 0.0);
        g.b2.remove(x);
        found_in[x] = 2;
      } else if (has(g.t1, x) && promised[x]) {
        g.t1.remove(x);
        g.t1.push_back(x);
      } else if (has(g.t1, x) || has(g.t2, x)) {
        g.t1.remove(x);
        g.t2.remove(x);
        g.t2.push_back(x);
      }
      if (has(g.t1, x) || has(g.t2, x)) promised[x] = false;
    }
  }
  void hear(const twins::policy_world& w, const admitted& one) {
    const std::uint32_t x = w.flat(one.expert);
    pool& g = pools[w.group_of[x]];
    const bool known = found_in[x] != 0 || has(g.b1, x) || has(g.b2, x);
    g.b1.remove(x);
    g.b2.remove(x);
    (known ? g.t2 : g.t1).push_back(x);
    promised[x] = one.why == cause::prefetch;
    while (!g.b1.empty() && g.t1.size() + g.b1.size() > g.held()) g.b1.pop_front();
    while (!g.b2.empty() && g.held() + g.b1.size() + g.b2.size() > 2 * g.held()) g.b2.pop_front();
  }
  void hear(const twins::policy_world& w, const evicted& one) {
    const std::uint32_t x = w.flat(one.expert);
    pool& g = pools[w.group_of[x]];
    if (has(g.t2, x)) g.b2.push_back(x);
    if (has(g.t1, x) && !promised[x]) g.b1.push_back(x);
    g.t1.remove(x);
    g.t2.remove(x);
  }
  void hear(const twins::policy_world&, const lease_ended&) {}
  std::optional<std::uint32_t> victim(const twins::policy_world& w, const std::vector<std::uint32_t>& candidates, std::uint32_t newcomer) {
    const pool& g = pools[w.group_of[newcomer]];
    const double above = static_cast<double>(g.t1.size()) - g.p;
    const bool first = above > 7e-6 || (above > -7e-6 && found_in[newcomer] == 2);  // 2^-17: the steps targets are compared in
    for (const auto* l : {first ? &g.t1 : &g.t2, first ? &g.t2 : &g.t1})
      for (const std::uint32_t x : *l)
        if (std::find(candidates.begin(), candidates.end(), x) != candidates.end()) return x;
    return std::nullopt;
  }
};

TEST_CASE("arc: agrees with its slow twin") { twins::agree_on_victims(arc{}, slow_arc{}); }

}  // namespace
