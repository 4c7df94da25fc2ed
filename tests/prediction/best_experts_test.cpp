// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/prediction/best_experts.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;
using prediction::best_experts;

struct bench {
  model_shape shape = *model_shape::uniform(2, 16, 2, {1});
  forecast into{shape.space(), 2, 16};
  best_experts best{inventory{shape}};

  [[nodiscard]] std::vector<std::uint32_t> named(std::uint32_t layer) const {
    std::vector<std::uint32_t> all;
    for (const expert_index e : into.expected(static_cast<layer_index>(layer))) all.push_back(number(e));
    return all;
  }
};
using experts = std::vector<std::uint32_t>;

TEST_CASE("best_experts: best first, the lower id of equals, never nobody; what was expected before is gone") {
  bench b;
  b.into.expect(layer_index{1}, expert_index{9}, {0}, {5});
  b.best.expect(b.into, layer_index{1}, std::vector<std::int32_t>{3, -4, 7, 7, best_experts::nobody, 0}, 4);
  CHECK(b.named(1) == experts{2, 3, 0, 5});
  CHECK(b.into.confidence(make_expert(1, 2)) == utility{7});
  CHECK(b.into.first_row(make_expert(1, 2)) == draft_length{0});
  b.best.expect(b.into, layer_index{1}, std::vector<std::int32_t>{3, -4, 7, 7, best_experts::nobody, 0}, 16);
  CHECK(b.named(1) == experts{2, 3, 0, 5, 1});
  CHECK(b.into.confidence(make_expert(1, 1)) == utility{-4});
  b.best.expect(b.into, layer_index{1}, std::vector<std::int32_t>(4, best_experts::nobody), 2);
  CHECK(b.named(1).empty());
}

TEST_CASE("best_experts: the rest is the best outside the few, or the worst inside") {
  bench b;
  std::vector<std::int32_t> rests;
  const auto note = [&](std::int32_t score, std::int32_t rest) {
    rests.push_back(rest);
    return std::int64_t{score} - rest;
  };
  b.best.expect(b.into, layer_index{0}, std::vector<std::int32_t>{10, 40, 30, 20}, 1, 2, note);
  CHECK(rests == std::vector<std::int32_t>{20});  // 40 and 30 are the few
  CHECK(b.into.confidence(make_expert(0, 1)) == utility{20});
  rests.clear();
  b.best.expect(b.into, layer_index{0}, std::vector<std::int32_t>{10, 40}, 4, 4, note);
  CHECK(rests == std::vector<std::int32_t>{10, 10});
}

TEST_CASE("best_experts: a window wants as many as the running event") {
  const model_shape shape = *model_shape::of(std::vector<model_shape::layer>{{16, 2, {1}}, {16, 4, {1}}});
  CHECK(best_experts::how_many(shape, layer_index{1}, 0, 3) == 4);
  CHECK(best_experts::how_many(shape, layer_index{1}, 0, 9) == 9);
  CHECK(best_experts::how_many(shape, layer_index{1}, 5, 9) == 5);
}

TEST_CASE("best_experts: the same as sorting everything") {
  bench b;
  moesaic_test::splitmix dice{7};
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::int32_t> scores(dice.between(1, 16));
    std::vector<std::pair<std::int32_t, std::uint32_t>> all;
    for (std::uint32_t e = 0; e < scores.size(); ++e) {
      scores[e] = dice.chance(100) ? best_experts::nobody : static_cast<std::int32_t>(dice.below(9)) - 4;
      if (dice.chance(20)) scores[e] = dice.chance(500) ? 2'147'483'647 : -2'147'483'647;
      if (scores[e] != best_experts::nobody) all.emplace_back(scores[e], e);
    }
    std::sort(all.begin(), all.end(), [](auto x, auto y) { return x.first != y.first ? x.first > y.first : x.second < y.second; });
    const std::size_t most = dice.below(18);
    b.best.expect(b.into, layer_index{0}, scores, most);
    experts should;
    for (std::size_t j = 0; j < std::min(most, all.size()); ++j) should.push_back(all[j].second);
    REQUIRE(b.named(0) == should);
  }
}

}  // namespace
