// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/prediction/next_gate.hpp>

#include "prediction/slow_history.hpp"
#include "prediction/step_bench.hpp"

namespace {
using namespace moesaic_test;
using prediction::next_gate;

hint of(std::uint32_t layer, std::uint32_t row, std::span<const expert_index> named, std::span<const float> weights = {}) {
  return hint_from(provenance::target_gate_ahead, layer, row, named, weights);
}

TEST_CASE("next_gate: takes the gate's first top-k, and its probabilities as confidence") {
  step_bench b(next_gate{}, 4, 8, 2);
  tell(b.predictor, of(2, 0, gate, sure));
  CHECK(b.expects(2) == expert_set{5, 2});
  CHECK(b.confidence(2, 5) == 32'768);
  CHECK(b.confidence(2, 2) == 16'384);
  b.use(1, {0});
  CHECK(b.expects(2) == expert_set{5, 2});
  b.use(2, {5});
  CHECK(b.expects(2).empty());  // used up
}

TEST_CASE("next_gate: a nearer layer's hint replaces one from farther away; further rows are added") {
  step_bench b(next_gate{.most = 3, .horizon = 3}, 4, 8, 2);
  tell(b.predictor, of(3, 0, gate, sure));
  constexpr std::array nearer{expert_index{1}};
  constexpr std::array other{expert_index{1}, expert_index{6}};
  tell(b.predictor, of(3, 0, nearer, std::span(sure).first(1)));
  CHECK(b.expects(3) == expert_set{1});
  tell(b.predictor, of(3, 1, other, {}));
  CHECK(b.expects(3) == expert_set{1, 6});
  CHECK(b.predictor.expectation().row_count(make_expert(3, 1)) == 2);
  CHECK(b.predictor.expectation().first_row(make_expert(3, 6)) == draft_length{1});
  CHECK(b.confidence(3, 6) == 65'536);  // a hint without weights is sure
}

TEST_CASE("next_gate: what the gate is not sure of is left out") {
  step_bench b(next_gate{.most = 3, .least = 25}, 4, 8, 2);
  tell(b.predictor, of(2, 0, gate, sure));
  CHECK(b.expects(2) == expert_set{5, 2});  // a quarter is enough, an eighth is not
}

TEST_CASE("next_gate: hints from beyond the horizon are not taken; farther is counted from the layer that runs, round the end") {
  step_bench b(next_gate{.horizon = 1}, 4, 8, 2);
  b.use(1, {0});
  tell(b.predictor, of(3, 0, gate, sure));
  CHECK(b.expects(3).empty());
  b.use(2, {0});
  tell(b.predictor, of(3, 0, gate, sure));
  CHECK(b.expects(3) == expert_set{5, 2});
  b.use(3, {5});
  tell(b.predictor, of(0, 0, gate, sure));
  CHECK(b.expects(0) == expert_set{5, 2});
}

TEST_CASE("next_gate: other hints are not meant for it") {
  step_bench b(next_gate{}, 4, 8, 2);
  for (const provenance from : {provenance::draft_router, provenance::history, provenance::target_router, provenance::target_gate_on_draft_hidden})
    tell(b.predictor, hint_from(from, 2, 0, gate, sure));
  CHECK(b.expects(2).empty());
}

TEST_CASE("next_gate: agrees with a list of all hints") {
  std::uint64_t hints = 0, wrong = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    splitmix dice{seed};
    const std::uint32_t layers = dice.between(1, 5), width = dice.between(2, 24), top_k = dice.between(1, width);
    const std::uint32_t most = dice.below(5), least = dice.chance(500) ? 0 : dice.between(1, 60);
    step_bench b(next_gate{most, least, layers}, layers, width, top_k);
    struct told {
      std::uint32_t row;
      std::vector<std::pair<std::uint32_t, std::int64_t>> experts;
    };
    std::vector<std::vector<told>> lists(layers);
    for (int i = 0; i < 600; ++i) {
      const std::uint32_t layer = dice.below(layers);
      if (dice.chance(200)) {
        b.use(layer, {dice.below(width)});
        lists[layer].clear();
      } else {
        std::vector<expert_index> experts;
        std::vector<float> weights;
        told t{dice.below(3), {}};
        for (std::uint32_t e = width; e-- > 0;)
          if (dice.chance(400)) {
            const std::uint32_t share = dice.below(1'024);
            experts.push_back(static_cast<expert_index>(e));
            weights.push_back(static_cast<float>(share) / 1'024.0F);
            if (experts.size() <= (most != 0 ? most : top_k) && share * 100 >= least * 1'024) t.experts.emplace_back(e, share * 64);
          }
        tell(b.predictor, of(layer, t.row, experts, weights));
        if (t.row == 0) lists[layer].clear();
        lists[layer].push_back(t);
        ++hints;
      }
      for (std::uint32_t l = 0; l < layers; ++l)
        for (std::uint32_t e = 0; e < width; ++e) {
          std::optional<std::int64_t> surest;
          std::uint64_t rows = 0;
          for (const told& t : lists[l])
            for (const auto& [expert, share] : t.experts)
              if (expert == e) {
                surest = std::max(surest.value_or(0), share);
                rows |= std::uint64_t{1} << t.row;
              }
          wrong += b.predictor.expectation().expects(make_expert(l, e)) != surest.has_value();
          if (surest)
            wrong += b.confidence(l, e) != *surest || b.predictor.expectation().row_count(make_expert(l, e)) != static_cast<std::uint32_t>(std::popcount(rows));
        }
    }
  }
  CHECK(wrong == 0);
  CHECK(hints >= 90'000);
}

}  // namespace
