// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/prediction/cross_model.hpp>

#include "prediction/slow_history.hpp"
#include "prediction/step_bench.hpp"

namespace {
using namespace moesaic_test;
using prediction::cross_model;

hint of(std::uint32_t layer, std::uint32_t row, std::span<const expert_index> named, std::span<const float> weights = {}) {
  return hint_from(provenance::target_gate_on_draft_hidden, layer, row, named, weights);
}

TEST_CASE("cross_model: the first top-k of the gate are critical, or as many as asked for") {
  step_bench usual(cross_model{}, 4, 8, 2);
  tell(usual.predictor, of(2, 0, gate, sure));
  CHECK(usual.expects(2) == expert_set{5, 2});
  CHECK(usual.confidence(2, 5) == 32'768);
  CHECK(usual.confidence(2, 2) == 16'384);
  step_bench one(cross_model{.critical = 1}, 4, 8, 2);
  tell(one.predictor, of(2, 0, gate));
  CHECK(one.expects(2) == expert_set{5});
  CHECK(one.confidence(2, 5) == 65'536);  // a hint without weights is sure
  step_bench many(cross_model{.critical = 9}, 4, 8, 2);
  tell(many.predictor, of(2, 0, gate));
  CHECK(many.expects(2) == expert_set{5, 2, 7});
}

TEST_CASE("cross_model: rows add up, an event uses up its layer, a cut draft what only its rows wanted") {
  step_bench b(cross_model{}, 4, 8, 2);
  constexpr std::array other{expert_index{2}, expert_index{6}};
  tell(b.predictor, of(1, 0, gate, sure));
  tell(b.predictor, of(1, 1, other));
  tell(b.predictor, of(3, 1, other));
  CHECK(b.expects(1) == expert_set{5, 2, 6});
  CHECK(b.predictor.expectation().row_count(make_expert(1, 2)) == 2);
  CHECK(b.confidence(1, 2) == 65'536);
  b.use(1, {2});
  CHECK(b.expects(1).empty());
  CHECK(b.expects(3) == expert_set{2, 6});
  tell(b.predictor, of(1, 0, gate));
  tell(b.predictor, draft_cut{{1}});
  CHECK(b.expects(1) == expert_set{5, 2});
  CHECK(b.expects(3).empty());
}

TEST_CASE("cross_model: other hints are not meant for it") {
  step_bench b(cross_model{}, 4, 8, 2);
  for (const provenance from : {provenance::draft_router, provenance::history, provenance::target_router, provenance::target_gate_ahead})
    tell(b.predictor, hint_from(from, 2, 0, gate, sure));
  CHECK(b.expects(2).empty());
}

TEST_CASE("cross_model: agrees with a list of all hints") {
  std::uint64_t compared = 0, wrong = 0, told = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    splitmix dice{seed};
    const std::uint32_t layers = dice.between(1, 5), width = dice.between(2, 24), top_k = dice.between(1, width), critical = dice.below(4);
    step_bench b(cross_model{.critical = critical}, layers, width, top_k);
    struct said {
      std::uint32_t layer, row;
      std::vector<expert_index> experts;
    };
    std::vector<said> list;
    for (int i = 0; i < 600; ++i) {
      const std::uint32_t layer = dice.below(layers);
      if (dice.chance(150)) {
        b.use(layer, {dice.below(width)});
        std::erase_if(list, [&](const said& s) { return s.layer == layer; });
      } else if (dice.chance(100)) {
        const std::uint32_t kept = dice.below(6);
        tell(b.predictor, draft_cut{{kept}});
        std::erase_if(list, [&](const said& s) { return s.row >= kept; });
      } else {
        said s{layer, dice.below(5), {}};
        std::vector<expert_index> named;
        for (std::uint32_t e = 0; e < width; ++e)
          if (dice.chance(300)) named.push_back(static_cast<expert_index>(e));
        std::reverse(named.begin(), named.end());
        tell(b.predictor, of(layer, s.row, named));
        s.experts.assign(named.begin(), named.begin() + std::min<std::ptrdiff_t>(std::ssize(named), critical != 0 ? critical : top_k));
        list.push_back(s);
        ++told;
      }
      const std::uint32_t l = dice.below(layers), e = dice.below(width);
      std::vector<bool> rows(6);
      for (const said& s : list)
        if (s.layer == l && std::find(s.experts.begin(), s.experts.end(), static_cast<expert_index>(e)) != s.experts.end()) rows[s.row] = true;
      ++compared;
      wrong += b.predictor.expectation().row_count(make_expert(l, e)) != static_cast<std::uint32_t>(std::count(rows.begin(), rows.end(), true));
    }
  }
  CHECK(wrong == 0);
  CHECK(compared >= 100'000);
  CHECK(told >= 50'000);
}

}  // namespace
