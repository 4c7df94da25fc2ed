// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include <moesaic/prediction/draft_routes.hpp>

#include "prediction/slow_history.hpp"
#include "prediction/step_bench.hpp"

namespace {
using namespace moesaic_test;
using prediction::draft_routes;

hint of(std::uint32_t layer, std::uint32_t row, std::span<const expert_index> named, std::span<const float> weights = {},
        provenance from = provenance::draft_router) {
  return {from, static_cast<layer_index>(layer), {row}, named, weights, {}};
}
constexpr std::array first{expert_index{5}, expert_index{2}};
constexpr std::array second{expert_index{5}, expert_index{7}};
constexpr std::array<float, 2> sure{0.25F, 0.5F};

TEST_CASE("draft_routes: the example of its header; rows add up") {
  step_bench b(draft_routes{}, 2, 8, 2);
  tell(b.predictor, of(1, 0, first));
  tell(b.predictor, of(1, 1, second));
  const forecast& f = b.predictor.expectation();
  CHECK(f.distinct(layer_index{1}, {2}) == 3);
  CHECK(f.distinct(layer_index{1}, {1}) == 2);
  CHECK(f.row_count(make_expert(1, 5)) == 2);
  CHECK(f.first_row(make_expert(1, 7)) == draft_length{1});
  CHECK(b.confidence(1, 5) == 65'536);  // no weights: sure
}

TEST_CASE("draft_routes: a gate weight is the confidence, the highest of several rows") {
  step_bench b(draft_routes{}, 2, 8, 2);
  tell(b.predictor, of(0, 0, first, sure));
  CHECK(b.confidence(0, 5) == 16'384);
  CHECK(b.confidence(0, 2) == 32'768);
  constexpr std::array other{expert_index{3}, expert_index{5}};
  tell(b.predictor, of(0, 3, other, sure));
  CHECK(b.confidence(0, 5) == 32'768);
}

TEST_CASE("draft_routes: a new draft begins empty, a cut one loses its rows, a layer's event uses up what was said of it") {
  step_bench b(draft_routes{}, 2, 8, 2);
  tell(b.predictor, of(0, 0, first));
  tell(b.predictor, of(0, 1, second));
  tell(b.predictor, of(1, 0, second));
  tell(b.predictor, draft_cut{{1}});
  CHECK(b.expects(0) == expert_set{5, 2});
  b.use(0, {1});
  CHECK(b.expects(0).empty());
  CHECK(b.expects(1) == expert_set{5, 7});
  tell(b.predictor, draft_started{{4}});
  CHECK(b.expects(1).empty());
}

TEST_CASE("draft_routes: other hints, layers and experts that do not exist are left out") {
  step_bench b(draft_routes{}, 2, 8, 2);
  for (const provenance from : {provenance::target_gate_ahead, provenance::history, provenance::target_router, provenance::target_gate_on_draft_hidden})
    tell(b.predictor, of(1, 0, first, {}, from));
  CHECK(b.expects(1).empty());
  constexpr std::array strange{expert_index{8}, expert_index{3}, expert_index{65'535}};
  tell(b.predictor, of(1, 0, strange));
  tell(b.predictor, of(2, 0, first));
  CHECK(b.expects(1) == expert_set{3});
}

TEST_CASE("draft_routes: agrees with a list of all hints") {
  std::uint64_t hints = 0, wrong = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    splitmix dice{seed};
    const std::uint32_t layers = dice.between(1, 5), width = dice.between(2, 24);
    step_bench b(draft_routes{}, layers, width, 1);
    std::vector<std::map<std::uint32_t, std::map<std::uint32_t, std::int64_t>>> lists(layers);  // layer, expert, row: confidence
    for (int i = 0; i < 600; ++i) {
      const std::uint32_t layer = dice.below(layers), what = dice.below(100);
      if (what < 10) {
        b.use(layer, {dice.below(width)});
        lists[layer].clear();
      } else if (what < 15) {
        const std::uint32_t kept = dice.below(9);
        tell(b.predictor, draft_cut{{kept}});
        for (auto& l : lists)
          for (auto& [expert, rows] : l) rows.erase(rows.lower_bound(kept), rows.end());
      } else if (what < 17) {
        tell(b.predictor, draft_started{{8}});
        for (auto& l : lists) l.clear();
      } else {
        std::vector<expert_index> experts;
        std::vector<float> weights;
        const std::uint32_t row = dice.below(8);
        for (std::uint32_t e = 0; e < width; ++e)
          if (dice.chance(200)) {
            const std::uint32_t share = dice.below(1'024);
            experts.push_back(static_cast<expert_index>(e));
            weights.push_back(static_cast<float>(share) / 1'024.0F);
            std::int64_t& said = lists[layer][e].try_emplace(row, 0).first->second;
            said = std::max(said, std::int64_t{share} * 64);
          }
        tell(b.predictor, of(layer, row, experts, weights));
        ++hints;
      }
      for (std::uint32_t l = 0; l < layers; ++l)
        for (std::uint32_t e = 0; e < width; ++e) {
          const auto found = lists[l].find(e);
          const bool expected = found != lists[l].end() && !found->second.empty();
          const forecast& f = b.predictor.expectation();
          wrong += f.expects(make_expert(l, e)) != expected;
          if (expected) wrong += f.row_count(make_expert(l, e)) != found->second.size() || f.first_row(make_expert(l, e)).count != found->second.begin()->first;
        }
    }
  }
  CHECK(wrong == 0);
  CHECK(hints >= 90'000);
}

}  // namespace
