// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <tuple>

#include <moesaic/eviction/lru.hpp>
#include <moesaic/eviction/protected_lru.hpp>

#include "eviction/bench.hpp"
#include "eviction/expecting_world.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using eviction::protected_lru;

TEST_CASE("protected_lru: the example of its header") {
  eviction_bench b(protected_lru{});
  b.world.expected = forecast(b.world.shape.space(), 1, 16);
  for (const std::uint32_t e : {1U, 2U, 3U}) {
    b.use(e, 0, {e});
    b.admit(0, {e});
  }
  b.world.expected.expect(layer_index{0}, expert_index{1}, {0}, {});
  CHECK(b.order() == experts_of_layer_0({2, 3}));
  CHECK_FALSE(b.victim());  // 1 is left, and wanted
  b.world.expected.forget(layer_index{0});
  CHECK(b.victim() == make_expert(0, 1));
}

TEST_CASE("protected_lru: of more than fit, those that the most rows want are protected") {
  eviction_bench b(protected_lru{});
  b.world.expected = forecast(b.world.shape.space(), 1, 16);
  for (const std::uint32_t e : {1U, 2U, 3U}) {
    b.use(e, 0, {e});
    b.admit(0, {e});
  }
  for (const std::uint32_t e : {1U, 2U, 3U, 4U, 5U}) b.world.expected.expect(layer_index{0}, static_cast<expert_index>(e), {0}, {});
  for (const std::uint32_t e : {2U, 4U, 5U}) b.world.expected.expect(layer_index{0}, static_cast<expert_index>(e), {1}, {});
  CHECK(b.victim() == make_expert(0, 1));  // three fit: 2, 4 and 5
  b.policy.slots = 4;
  CHECK(b.victim() == make_expert(0, 3));  // and 1, the lower id of two alike
  b.policy.slots = 5;
  CHECK_FALSE(b.victim());
}

TEST_CASE("protected_lru: agrees with a sort by (last use, id) of those outside their layer's plan") {
  for (const std::uint32_t slots : {0U, 2U})
    expecting::agree(
        protected_lru{.slots = slots}, eviction::lru{},
        [](const forecast&, const eviction::lru& uses, layer_index, std::uint32_t, expert_id e) { return std::tuple(uses.key(e), e); },
        [&](const conformance::policy_world& w, const auto& scene, expert_id e) {
          if (!w.expected.expects(e)) return true;
          std::uint32_t before = 0;
          for (std::uint32_t i = 0; i < w.shape.experts(e.layer); ++i) {
            const expert_id other{e.layer, static_cast<expert_index>(i), {}};
            if (!w.expected.expects(other)) continue;
            before += std::tuple(w.expected.row_count(other), w.expected.confidence(other), -static_cast<int>(i)) >
                      std::tuple(w.expected.row_count(e), w.expected.confidence(e), -static_cast<int>(number(e.expert)));
          }
          return before >= (slots != 0 ? slots : w.members[scene.group].size());
        });
}

}  // namespace
