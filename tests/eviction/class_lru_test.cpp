// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <moesaic/eviction/class_lru.hpp>

#include "eviction/bench.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::class_lru;

TEST_CASE("class_lru: the example of its header") {
  eviction_bench b(class_lru{.half_life = 65'536});  // so long that two uses in a row count as two but for one in 10^5
  b.use(0, 0, {1});
  b.use(0, 0, {1});
  b.admit(0, {1});
  b.use(1, 0, {2});
  b.admit(0, {2});
  b.use(2, 0, {3});
  CHECK(b.victim() == make_expert(0, 1));  // ages 2 / 2^1 and 1 / 2^0 are equal: the lower id
  b.use(3, 0, {3});
  CHECK(b.victim() == make_expert(0, 2));  // 3 / 2 and 2 / 1
}

TEST_CASE("class_lru: the class is that of the last use, and survives eviction") {
  eviction_bench b(class_lru{.half_life = 65'536});
  for (int i = 0; i < 8; ++i) b.use(0, 0, {1});
  b.use(0, 0, {2});
  b.admit(0, {1, 2});
  b.evict(0, 1);
  b.use(10, 0, {1});
  b.admit(0, {1});
  b.use(10, 0, {2});
  b.use(18, 0, {3});
  CHECK(b.policy.key(make_expert(0, 1)) == utility{-(8 << (7 - 3))});  // 9 uses: class 3
  CHECK(b.policy.key(make_expert(0, 2)) == utility{-(8 << (7 - 0))});  // 2 uses, less a trace: class 0
  CHECK(b.policy.key(make_expert(0, 9)) == utility{0});
}

TEST_CASE("class_lru: no more than eight classes") {
  eviction_bench b(class_lru{.half_life = 65'536});
  for (int i = 0; i < 1'000; ++i) b.use(0, 0, {1});
  b.admit(0, {1});
  b.use(5, 0, {2});
  CHECK(b.policy.key(make_expert(0, 1)) == utility{-5});
}

/// The rule in floating point.
struct slow_class_lru {
  double half_life;
  std::uint64_t token = 0;
  struct record {
    double f = 0;             ///< as of `counted`
    std::uint64_t counted = 0;
    std::uint64_t seen = 0;   ///< token of the last use, or of a prefetch after it
    int its_class = 0;
  };
  std::vector<record> records{};
  std::vector<bool> here{};

  void hear(const twins::policy_world&, const inventory& all) {
    records.assign(all.space().size(), {});
    here.assign(all.space().size(), false);
  }
  [[nodiscard]] double now(const record& r) const { return r.f * std::exp2(-static_cast<double>(token - r.counted) / half_life); }
  /// A sum a hair below a power of two is that power: uses at one token add up to it exactly.
  static int class_of(double f) { return f < 1 ? 0 : std::min(7, static_cast<int>(std::floor(std::log2(f) + 1e-10))); }
  void hear(const twins::policy_world& w, const layer_event& event) {
    token = event.first_token.count;
    for (const demand& d : event.wanted) {
      record& r = records[w.shape.space().flat(event.layer, d.expert)];
      r = {now(r) + 1, token, token, class_of(now(r) + 1)};
    }
  }
  void hear(const twins::policy_world& w, const admitted& one) {
    record& r = records[w.flat(one.expert)];
    here[w.flat(one.expert)] = true;
    if (one.why == cause::prefetch) r.its_class = class_of(now(r) + (r.seen == token ? 0 : 1));
    if (one.why == cause::demand) r.its_class = class_of(now(r));
    r.seen = token;
  }
  void hear(const twins::policy_world& w, const evicted& one) { here[w.flat(one.expert)] = false; }
  void hear(const twins::policy_world&, const lease_ended&) {}
  [[nodiscard]] double rank(std::uint32_t x) const { return here[x] ? -std::ldexp(static_cast<double>(token - records[x].seen), -records[x].its_class) : 0; }
};

TEST_CASE("class_lru: agrees with its slow twin") {
  twins::agree(class_lru{}, slow_class_lru{128});
  twins::agree(class_lru{.half_life = 3}, slow_class_lru{3});
}

}  // namespace
