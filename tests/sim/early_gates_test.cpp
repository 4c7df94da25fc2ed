// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <moesaic/sim/early_gates.hpp>
#include <set>
#include <vector>

using namespace moesaic;
using namespace moesaic::sim;

namespace {
constexpr std::uint32_t layers = 6, experts = 64, top_k = 4, tokens = 2'000;

routing_tape text() {
  routing_tape tape({layers, experts, top_k});
  std::vector<std::uint16_t> ids;
  for (std::uint32_t t = 0; t < tokens; ++t)
    for (std::uint32_t l = 0; l < layers; ++l)
      for (std::uint32_t r = 0; r < top_k; ++r) ids.push_back(static_cast<std::uint16_t>((t * 5 + l * 7 + r * 9) % experts));
  REQUIRE(tape.add({.tokens = tokens, .experts = ids, .weights = {}, .recorded = {}}));
  return tape;
}
bool contains(std::span<const expert_index> all, expert_index one) { return std::find(all.begin(), all.end(), one) != all.end(); }

/// Share of right names so many layers ahead, over the whole text.
double found(early_gates& gates, const routing_tape& tape, std::uint32_t ahead) {
  std::uint32_t right = 0, named = 0;
  for (std::uint32_t t = 0; t < tokens; ++t)
    for (const hint& h : gates.look({}, std::vector{t})) {
      if (number(h.layer) != ahead) continue;
      named += static_cast<std::uint32_t>(h.experts.size());
      for (const expert_index e : h.experts) right += contains(tape.routes(t, h.layer), e);
    }
  REQUIRE(named == tokens * top_k);  // a mistake names somebody else; nobody is left out
  return static_cast<double>(right) / named;
}
}  // namespace

TEST_CASE("the share of right names is the recall that was asked for, and farther gates know less") {
  const routing_tape tape = text();
  early_gates gates(tape, {.reach = 4, .recall = 0.76}, {3});
  // 8,000 names each: a standard deviation is .0056 at most. Measured on the shipped model: .760, .668, .601, .553.
  CHECK(found(gates, tape, 1) == doctest::Approx(0.760).epsilon(0.03));
  CHECK(found(gates, tape, 2) == doctest::Approx(0.661).epsilon(0.03));
  CHECK(found(gates, tape, 3) == doctest::Approx(0.584).epsilon(0.03));
  CHECK(found(gates, tape, 4) == doctest::Approx(0.520).epsilon(0.04));
  early_gates sure(tape, {.reach = 1, .recall = 1}, {3}), blind(tape, {.reach = 1, .recall = 0}, {3});
  CHECK(found(sure, tape, 1) == 1);
  CHECK(found(blind, tape, 1) == 0);
  CHECK(gate_quality{.reach = 9, .recall = 0}.recall_at(9) == 0);
}

TEST_CASE("hints come nearest layer first, each row in the order of ranks, and end with the model") {
  const routing_tape tape = text();
  early_gates gates(tape, {.reach = 2, .recall = 1}, {});
  const std::vector<std::uint32_t> rows{7, 3};
  const auto said = gates.look(layer_index{1}, rows);
  REQUIRE(said.size() == 4);
  for (std::uint32_t i = 0; i < 4; ++i) {
    CHECK(said[i].from == provenance::target_gate_ahead);
    CHECK(number(said[i].layer) == 2 + i / 2);
    CHECK(said[i].at.count == i % 2);
    const auto truth = tape.routes(rows[i % 2], said[i].layer);
    CHECK(std::equal(said[i].experts.begin(), said[i].experts.end(), truth.begin(), truth.end()));
    CHECK(said[i].weights.empty());
  }
  CHECK(gates.look(layer_index{4}, rows).size() == 2);  // only layer 5 is left
  CHECK(gates.look(layer_index{5}, rows).empty());
}

TEST_CASE("nobody is named twice, and mistakes belong to the token: the same in any window and from any run") {
  const routing_tape tape = text();
  early_gates gates(tape, {.reach = 5, .recall = 0.3}, {9}), again(tape, {.reach = 5, .recall = 0.3}, {9});
  for (std::uint32_t t = 1; t < 200; ++t) {
    std::vector<std::vector<expert_index>> alone;
    for (const hint& h : gates.look({}, std::vector{t})) {
      CHECK(std::set<expert_index>(h.experts.begin(), h.experts.end()).size() == top_k);
      alone.emplace_back(h.experts.begin(), h.experts.end());
    }
    for (const hint& h : again.look({}, std::vector{t - 1, t}))
      if (h.at.count == 1) CHECK(std::equal(h.experts.begin(), h.experts.end(), alone[number(h.layer) - 1].begin(), alone[number(h.layer) - 1].end()));
  }
}

TEST_CASE("what is right from afar is right nearer by") {
  const routing_tape tape = text();
  early_gates gates(tape, {.reach = 3, .recall = 0.6}, {1});
  for (std::uint32_t t = 0; t < 200; ++t) {
    std::vector<expert_index> far;
    for (const hint& h : gates.look({}, std::vector{t}))
      if (number(h.layer) == 3) far.assign(h.experts.begin(), h.experts.end());
    for (const hint& h : gates.look(layer_index{2}, std::vector{t}).first(1)) {
      REQUIRE(number(h.layer) == 3);
      for (const expert_index e : tape.routes(t, h.layer)) CHECK((!contains(far, e) || contains(h.experts, e)));
    }
  }
}

TEST_CASE("long windows, no reach, rows that are not routed and a layer whose experts all are wanted say nothing false") {
  routing_tape tape({2, 2, 2}, true);
  const std::vector<std::uint16_t> ids{0, 1, 0, 1, 1, 0, trace::not_routed, 1};
  const std::vector<gate_mass> weights{{40'000}, {20'000}, {40'000}, {20'000}, {40'000}, {20'000}, {0}, {20'000}};
  REQUIRE(tape.add({.tokens = 2, .experts = ids, .weights = weights, .recorded = {}}));
  early_gates blind(tape, {.reach = 1, .recall = 0}, {}), sure(tape, {.reach = 1, .recall = 1}, {}), deaf(tape, {}, {});
  CHECK(deaf.look({}, std::vector{0U}).empty());
  CHECK(blind.look({}, std::vector{0U}).empty());  // nobody else is there to be named
  CHECK(sure.look({}, std::vector<std::uint32_t>(9, 0)).empty());
  const auto weighed = sure.look({}, std::vector{0U});
  REQUIRE(weighed.size() == 1);
  REQUIRE(weighed[0].weights.size() == 2);
  CHECK(weighed[0].weights[0] > weighed[0].weights[1]);
  const auto partly = sure.look({}, std::vector{1U});
  REQUIRE(partly.size() == 1);
  CHECK(partly[0].experts.size() == 1);
  CHECK(partly[0].weights.empty());  // they would stand beside the wrong names
}
