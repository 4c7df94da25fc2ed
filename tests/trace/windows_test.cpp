// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/windows.hpp>

#include "made_moetrc1.hpp"
#include "support/splitmix.hpp"

using namespace moesaic;
using namespace moesaic::trace;

namespace {

event_table built(std::span<const std::byte> file, window_options options) {
  using reader = moetrc1_reader<memory_source>;
  auto r = reader::open(memory_source("t", file), memory_source("t", file));
  REQUIRE(r);
  window_builder builder(r->shape(), options);
  for (auto rows = r->next(); rows && *rows; rows = r->next()) builder.add(**rows);
  return builder.finish();
}
using ids = std::vector<std::uint16_t>;

TEST_CASE("at window 1 each token and layer is an event of its routed experts, ascending") {
  const event_table t = built(moesaic_test::small_trace().bytes(), {.window = 1});
  CHECK(t.events() == 9);  // ten rows, one of them not routed
  CHECK(t.experts == ids{0, 1, 4, 5, 1, 2, 1, 3, 0, 4, 0, 1, 2, 3, 0, 5, 2, 3});
  CHECK(t.layers == ids{0, 1, 0, 0, 1, 0, 1, 0, 1});
  CHECK(t.tokens.empty());
  CHECK(t.compulsory == 10);  // 0 1 2 3 5 in layer 0, 0 2 3 4 5 in layer 1
  CHECK(t.steps.size() == 5);
  CHECK(t.steps[0].during == phase::prefill);
  CHECK(t.steps[1].during == phase::decode);
}

TEST_CASE("windows join tokens of one sequence; the last may be shorter and never spans two") {
  const event_table t = built(moesaic_test::small_trace().bytes(), {.window = 2});
  REQUIRE(t.steps.size() == 3);
  CHECK(t.steps[0].tokens == 2);
  CHECK(t.steps[1].tokens == 1);
  CHECK(t.steps[1].first_token == 2);
  CHECK(t.steps[2].tokens == 2);
  CHECK(t.steps[2].first_token == 3);
  CHECK(t.steps[2].sequence == 1);
  CHECK(t.experts == ids{0, 1, 2, 4, 5, 1, 3, 0, 4, 0, 1, 5, 2, 3});
  CHECK(t.tokens == ids{1, 2, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 2, 2});
  CHECK(t.sizes == ids{3, 2, 2, 2, 3, 2});
}

TEST_CASE("a window longer than a sequence is that sequence") {
  const event_table t = built(moesaic_test::small_trace().bytes(), {.window = 65'535});
  CHECK(t.steps.size() == 2);
  CHECK(t.experts == ids{0, 1, 2, 3, 0, 4, 5, 0, 1, 5, 2, 3});
}

TEST_CASE("weights add up per expert, router order is kept where asked") {
  moesaic_test::made_moetrc1 trace = moesaic_test::small_trace();
  trace.flags = 1;
  trace.weights.assign(trace.ids.size(), 0);
  trace.weights[0] = 255;  // token 0, layer 0: expert 1
  trace.weights[4] = 255;  // token 1, layer 0: expert 1 again
  const event_table t = built(trace.bytes(), {.window = 3, .keep_weights = true, .keep_routes = true});
  REQUIRE(t.masses.size() == t.experts.size());
  CHECK(t.experts[1] == 1);
  CHECK(t.masses[1] == gate_mass{2 * 65'536});
  CHECK(t.masses[0] == gate_mass{});
  REQUIRE(t.routes.size() == trace.ids.size());
  // The first step's layer 0, token by token, then its layer 1.
  CHECK(t.routes[0] == expert_index{1});
  CHECK(t.routes[2] == expert_index{1});
  CHECK(t.routes[5] == expert_index{1});
  CHECK(t.routes[6] == expert_index{5});
  CHECK(t.routes[8] == static_cast<expert_index>(not_routed));
  CHECK(built(trace.bytes(), {.window = 3}).masses.empty());
}

TEST_CASE("an expert that a row names twice is one expert with one token") {
  moesaic_test::made_moetrc1 trace{.layers = 1, .experts = 4, .top_k = 3};
  trace.add_sequence(2);
  trace.ids = {2, 2, 0, 2, 1, 1};
  const event_table t = built(trace.bytes(), {.window = 2});
  CHECK(t.experts == ids{0, 1, 2});
  CHECK(t.tokens == ids{1, 1, 2});
}

TEST_CASE("sets of random rows are those of a set, whatever the window and the pieces") {
  moesaic_test::splitmix dice{7};
  for (int round = 0; round < 200; ++round) {
    moesaic_test::made_moetrc1 trace{.layers = dice.between(1, 4), .experts = dice.between(2, 40), .top_k = 2};
    for (std::uint32_t s = dice.between(1, 4); s-- > 0;) trace.add_sequence(dice.between(1, 9));
    for (std::uint32_t i = 0; i < trace.tokens * trace.layers * 2; ++i) trace.ids.push_back(dice.chance(100) ? 255 : dice.below(trace.experts));
    const std::uint32_t window = dice.between(1, 5);
    const event_table t = built(trace.bytes(), {.window = window});
    std::size_t event = 0, access = 0, step = 0;
    for (const auto& s : trace.sequences)
      for (std::uint32_t from = 0; from < s.tokens; from += window, ++step) {
        CHECK(t.steps[step].first_token == s.first_token + from);
        for (std::uint32_t l = 0; l < trace.layers; ++l) {
          std::set<std::uint32_t> wanted;
          for (std::uint32_t i = from; i < s.tokens && i < from + window; ++i)
            for (std::uint32_t k = 0; k < 2; ++k) wanted.insert(trace.ids[((s.first_token + i) * trace.layers + l) * 2 + k]);
          wanted.erase(255);
          if (wanted.empty()) continue;
          REQUIRE(event < t.events());
          CHECK(t.layers[event] == l);
          CHECK(std::set<std::uint32_t>(t.experts.begin() + static_cast<std::ptrdiff_t>(access),
                                        t.experts.begin() + static_cast<std::ptrdiff_t>(access + t.sizes[event])) == wanted);
          access += t.sizes[event++];
        }
      }
    CHECK(event == t.events());
    CHECK(access == t.accesses());
    CHECK(step == t.steps.size());
  }
}

/// Rows by hand: one layer, top-1.
routing_rows rows_of(std::uint32_t sequence, std::uint64_t first, const ids& experts, std::uint32_t batch, const std::vector<std::uint8_t>& recorded = {}) {
  return {sequence, first, 0, static_cast<std::uint32_t>(experts.size()), experts, {}, batch, recorded};
}

TEST_CASE("a batch of the trace is one step whatever the window, also in pieces; counts are kept from there on") {
  for (const std::uint32_t window : {1U, 2U}) {
    CAPTURE(window);
    window_builder builder({1, 6, 1}, {.window = window});
    builder.add(rows_of(0, 0, {3}, 0));
    builder.add(rows_of(0, 1, {4, 2, 2}, 7));
    builder.add(rows_of(0, 4, {2, 5}, 7));
    builder.add(rows_of(0, 6, {1, 1, 0}, 0));
    builder.add(rows_of(0, 9, {1, 1}, 8));
    builder.add(rows_of(1, 11, {1}, 8));  // another sequence is another step
    const event_table t = builder.finish();
    REQUIRE(t.steps.size() == (window == 1 ? 7 : 6));
    CHECK(t.steps[1].tokens == 5);
    CHECK(t.steps[1].first_token == 1);
    CHECK(t.experts == (window == 1 ? ids{3, 2, 4, 5, 1, 1, 0, 1, 1} : ids{3, 2, 4, 5, 1, 0, 1, 1}));
    CHECK(t.tokens == (window == 1 ? ids{1, 3, 1, 1, 1, 1, 1, 2, 1} : ids{1, 3, 1, 1, 2, 1, 2, 1}));
  }
}

TEST_CASE("recorded residency goes with the first mention; rows without it say nothing") {
  window_builder builder({1, 6, 1}, {.window = 2, .keep_recorded = true});
  builder.add(rows_of(0, 0, {3, 1}, 0));
  builder.add(rows_of(0, 2, {4, 4}, 0, {0, 1}));
  builder.add(rows_of(0, 4, {5, 2}, 0, {1, 255}));
  builder.add(rows_of(0, 6, {5, 2}, 0));
  const event_table t = builder.finish();
  CHECK(t.experts == ids{1, 3, 4, 2, 5, 2, 5});
  CHECK(t.recorded == std::vector<std::uint8_t>{255, 255, 0, 255, 1, 255, 255});
}

TEST_CASE("one by one each access is an event, token by token, layer by layer, in router order") {
  const event_table t = built(moesaic_test::small_trace().bytes(), {.window = 1, .one_by_one = true});
  const event_table whole = built(moesaic_test::small_trace().bytes(), {.window = 1});
  CHECK(t.events() == t.accesses());
  CHECK(t.accesses() == whole.accesses());
  CHECK(t.compulsory == whole.compulsory);
  CHECK(t.steps.size() == whole.steps.size());
  CHECK(t.experts == ids{1, 0, 5, 4, 1, 2, 3, 1, 4, 0, 0, 1, 2, 3, 5, 0, 3, 2});
  CHECK(t.layers == ids{0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1});
  CHECK(t.sizes == ids(18, 1));
  CHECK(t.tokens.empty());
}

}  // namespace
