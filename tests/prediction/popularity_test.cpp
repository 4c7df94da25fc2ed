// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <utility>

#include <moesaic/prediction/popularity.hpp>

#include "prediction/golden.hpp"
#include "prediction/slow_history.hpp"
#include "prediction/step_bench.hpp"

namespace {
using namespace moesaic_test;
using prediction::popularity;

TEST_CASE("popularity: the most used first, however long ago; equal counts name the lower id") {
  step_bench b(popularity{.most = 3}, 2, 8, 1);
  for (const std::uint32_t e : {6U, 6U, 6U, 2U, 5U, 2U}) b.use(0, {e});
  CHECK(b.expects(0) == expert_set{6, 2, 5});
  CHECK(b.confidence(0, 6) == 1 << 19);  // 3 of 6, in 2^-20
  CHECK(b.expects(1).empty());
  b.use(1, {7, 3, 0});
  CHECK(b.expects(1) == expert_set{0, 3, 7});
  CHECK(b.expects(0) == expert_set{6, 2, 5});
}

TEST_CASE("popularity: names top-k, or as many as a window wanted; does not count while it does not learn") {
  step_bench b(popularity{}, 1, 8, 2);
  b.use(0, {1, 2, 3, 4});
  CHECK(b.expects(0) == expert_set{1, 2, 3, 4});
  b.use(0, {4});
  CHECK(b.expects(0) == expert_set{4, 1});
  tell(b.predictor, prediction::learning{false});
  for (int i = 0; i < 9; ++i) b.use(0, {7});
  CHECK(b.expects(0) == expert_set{4, 1});
}

struct slow_popularity : slow_twin {
  using slow_twin::on;
  std::uint32_t most;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> uses;
  std::map<std::uint32_t, std::int64_t> events_of;

  explicit slow_popularity(std::uint32_t m) : most(m) {}
  void on(const layer_event& event) {
    const std::uint32_t layer = number(event.layer);
    if (learns) {
      ++events_of[layer];
      for (const std::uint32_t e : wanted_by(event)) ++uses[{layer, e}];
    }
    ranking all;
    for (const auto& [key, n] : uses)
      if (key.first == layer) all.emplace_back(key.second, n);
    forecast[layer] = best_of(all, past.how_many(layer, most, event.wanted.size()));
    for (auto& [e, n] : forecast[layer]) n = n * (1 << 20) / events_of[layer];
  }
};

TEST_CASE("popularity: agrees with its slow twin") {
  agrees_with_its_twin([](splitmix& dice) {
    const std::uint32_t most = dice.below(5);
    return std::pair(popularity{.most = most}, slow_popularity(most));
  });
}

TEST_CASE("popularity: finds what another program counted") { golden::agree("popularity", popularity{}); }

}  // namespace
