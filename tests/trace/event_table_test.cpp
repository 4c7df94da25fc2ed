// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/trace/event_table.hpp>

using namespace moesaic;
using namespace moesaic::trace;

namespace {

/// Two steps through two layers of four experts: the second step has nothing in layer 0.
event_table two_steps() {
  event_table t;
  t.shape = {2, 4, 2};
  t.steps = {{0, 0, 0, 2, 0, phase::prefill}, {5, 2, 2, 1, 0, phase::decode}};
  t.layers = {0, 1, 1};
  t.sizes = {3, 2, 2};
  t.experts = {0, 1, 3, 0, 2, 1, 2};
  t.tokens = {2, 1, 1, 2, 2, 1, 1};
  t.window = 2;
  return t;
}

struct heard {
  std::uint64_t step, token, first_access;
  std::uint32_t layer, tokens;
  phase during;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> wanted;  ///< expert, tokens
  std::vector<expert_index> routes;
};

std::vector<heard> walk_through(const event_table& t) {
  std::vector<heard> all;
  event_walk walk(t);
  for (std::size_t s = 0; s < t.steps.size(); ++s)
    walk.step(s, [&](const layer_event& e, std::uint64_t first_access) {
      heard h{e.step.count, e.first_token.count, first_access, number(e.layer), e.tokens, e.during, {}, {e.routes.begin(), e.routes.end()}};
      for (const demand& d : e.wanted) h.wanted.emplace_back(number(d.expert), d.tokens);
      all.push_back(h);
    });
  return all;
}

TEST_CASE("a walk gives every event with its step, layer, experts and counts") {
  const std::vector<heard> all = walk_through(two_steps());
  REQUIRE(all.size() == 3);
  CHECK(all[0].wanted == std::vector<std::pair<std::uint32_t, std::uint32_t>>{{0, 2}, {1, 1}, {3, 1}});
  CHECK(all[0].during == phase::prefill);
  CHECK(all[0].tokens == 2);
  CHECK(all[1].layer == 1);
  CHECK(all[1].first_access == 3);
  CHECK(all[2].step == 1);
  CHECK(all[2].token == 2);
  CHECK(all[2].layer == 1);
  CHECK(all[2].first_access == 5);
  CHECK(all[2].during == phase::decode);
  CHECK(all[2].routes.empty());
}

TEST_CASE("at window 1 every expert has one token; routes are cut out by layer") {
  event_table t = two_steps();
  t.tokens.clear();
  for (std::uint16_t i = 0; i < 12; ++i) t.routes.push_back(static_cast<expert_index>(i));
  const std::vector<heard> all = walk_through(t);
  CHECK(all[0].wanted[0].second == 1);
  CHECK(all[0].routes == std::vector<expert_index>{t.routes[0], t.routes[1], t.routes[2], t.routes[3]});
  CHECK(all[1].routes == std::vector<expert_index>{t.routes[4], t.routes[5], t.routes[6], t.routes[7]});
  CHECK(all[2].routes == std::vector<expert_index>{t.routes[10], t.routes[11]});
}

TEST_CASE("a table counts its events and accesses, and knows where steps end") {
  const event_table t = two_steps();
  CHECK(t.events() == 3);
  CHECK(t.accesses() == 7);
  CHECK(t.end_of(0) == 2);
  CHECK(t.end_of(1) == 3);
}

}  // namespace
