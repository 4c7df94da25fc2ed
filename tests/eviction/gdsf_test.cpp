// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include <moesaic/eviction/gdsf.hpp>

#include "eviction/bench.hpp"
#include "eviction/twin.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using conformance::policy_world;
using eviction::gdsf;

TEST_CASE("gdsf: the example of its header") {
  model_shape shape = *model_shape::uniform(1, 4, 1, {100});
  shape.resize(make_expert(0, 2), {200});
  const std::vector<std::uint16_t> one_group(4);
  gdsf by_misses, by_bytes{.bytes = 1};
  for (gdsf* policy : {&by_misses, &by_bytes}) {
    policy->on(inventory{shape, one_group, 1});
    conformance::owned_event event(0, 0, 0, {1, 2});
    policy->on(event.get());
    policy->on(admitted{make_expert(0, 1), cause::demand});
    policy->on(admitted{make_expert(0, 2), cause::demand});
  }
  CHECK(by_misses.key(make_expert(0, 2)) < by_misses.key(make_expert(0, 1)));
  CHECK(by_bytes.key(make_expert(0, 2)) == by_bytes.key(make_expert(0, 1)));
}

TEST_CASE("gdsf: who leaves raises the clock, so that old uses fade") {
  eviction_bench b(gdsf{});
  b.use(0, 0, {1, 2, 3});
  b.admit(0, {1, 2, 3});
  for (std::uint64_t t = 1; t < 3; ++t) b.use(t, 0, {1});  // three uses
  b.use(3, 0, {2});
  b.use(4, 0, {3});
  CHECK(b.victim() == make_expert(0, 2));
  b.evict(0, 2);  // the clock stands at two uses
  b.use(5, 0, {4});
  b.admit(0, {4});
  CHECK(b.policy.key(make_expert(0, 4)) == b.policy.key(make_expert(0, 1)));
  b.evict(0, 4);  // unasked: the clock stays
  b.use(6, 0, {5});
  b.admit(0, {5});
  CHECK(b.policy.key(make_expert(0, 5)) == b.policy.key(make_expert(0, 1)));
}

TEST_CASE("gdsf: sizes far apart do not overflow") {
  model_shape shape = *model_shape::uniform(1, 2, 1, {1});
  shape.resize(make_expert(0, 1), {std::uint64_t{1} << 50U});
  const std::vector<std::uint16_t> one_group(2);
  gdsf policy;
  policy.on(inventory{shape, one_group, 1});
  policy.on(admitted{make_expert(0, 0), cause::demand});
  policy.on(admitted{make_expert(0, 1), cause::demand});
  conformance::owned_event event(0, 0, 0, {0});
  for (int i = 0; i < 100'000; ++i) policy.on(event.get());
  CHECK(policy.key(make_expert(0, 0)) > policy.key(make_expert(0, 1)));
  CHECK(policy.key(make_expert(0, 1)) > utility{0});
}

/// The formula; the priority is made again whenever it is asked for.
struct slow_gdsf {
  bool bytes;
  struct record {
    std::uint64_t clock = 0;  ///< the group's at the last use
    std::uint64_t uses = 0;
    bool here = false, unused = false, named = false;
  };
  std::vector<record> records{};
  std::vector<std::uint64_t> clocks{};
  std::vector<std::uint64_t> sizes{};
  std::uint64_t largest = 0;

  void hear(const policy_world& w, const inventory& all) {
    records.assign(all.space().size(), {});
    clocks.assign(all.groups, 0);
    sizes.assign(all.space().size(), 1);
    for (std::uint32_t x = 0; x < sizes.size(); ++x) sizes[x] = std::max<std::uint64_t>(w.shape.size_of(x).count, 1);
    largest = w.shape.largest().count;
  }
  [[nodiscard]] std::uint64_t gain(std::uint32_t x) const { return bytes ? 65'536 : 65'536 * largest / sizes[x]; }
  void hear(const policy_world& w, const layer_event& event) {
    for (const demand& d : event.wanted) {
      const std::uint32_t x = w.shape.space().flat(event.layer, d.expert);
      record& r = records[x];
      if (!r.here) continue;
      r.uses += r.unused ? 0 : 1;
      r.unused = false;
      r.clock = clocks[w.group_of[x]];
    }
  }
  void hear(const policy_world& w, const admitted& one) {
    const std::uint32_t x = w.flat(one.expert);
    records[x] = {clocks[w.group_of[x]], 1, true, one.why == cause::prefetch, false};
  }
  void hear(const policy_world& w, const evicted& one) {
    const std::uint32_t x = w.flat(one.expert);
    if (records[x].named) clocks[w.group_of[x]] = std::max(clocks[w.group_of[x]], rank(x));
    records[x].here = false;
  }
  void hear(const policy_world&, const lease_ended&) {}
  [[nodiscard]] std::uint64_t rank(std::uint32_t x) const { return records[x].clock + records[x].uses * gain(x); }
};

void agree(bool bytes) {
  std::uint64_t wrong = 0, wrong_keys = 0;
  const std::uint64_t questions = twins::play_beside(gdsf{.bytes = bytes ? 1U : 0U}, slow_gdsf{bytes}, 50, 400, 300,
                                                     [&](const policy_world& w, const gdsf& policy, slow_gdsf& t, const std::vector<std::uint32_t>& candidates,
                                                         expert_id newcomer, std::optional<expert_id> victim) {
                                                       std::optional<std::uint32_t> least;
                                                       for (const std::uint32_t x : candidates)
                                                         if (!least || t.rank(x) < t.rank(*least)) least = x;
                                                       wrong += victim.has_value() != least.has_value() || (victim && w.flat(*victim) != *least);
                                                       if (least) t.records[*least].named = true;
                                                       const std::uint32_t n = w.flat(newcomer);
                                                       const std::uint64_t its = t.records[n].here ? t.rank(n) : t.clocks[w.group_of[n]] + t.gain(n);
                                                       wrong_keys += policy.key(newcomer) != utility{static_cast<std::int64_t>(its)};
                                                     });
  CHECK(wrong == 0);
  CHECK(wrong_keys == 0);
  CHECK(questions > 100'000);
}

TEST_CASE("gdsf: agrees with its slow twin") {
  agree(false);
  agree(true);
}

}  // namespace
