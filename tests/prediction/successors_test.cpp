// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <utility>

#include <moesaic/prediction/successors.hpp>

#include "prediction/golden.hpp"
#include "prediction/slow_history.hpp"
#include "prediction/step_bench.hpp"

namespace {
using namespace moesaic_test;
using prediction::successors;

TEST_CASE("successors: what followed in the same layer, a step later, follows again") {
  step_bench b(successors{.most = 2}, 2, 8, 1);
  b.step({{1}, {6}});
  CHECK(b.expects(0).empty());
  b.step({{4}, {5}});
  b.step({{1}, {6}});
  CHECK(b.expects(0) == expert_set{4});
  CHECK(b.confidence(0, 4) == 32'768);  // always
  CHECK(b.expects(1) == expert_set{5});
  b.step({{3}, {0}});
  b.use(0, {1});
  CHECK(b.expects(0) == expert_set{3, 4});  // once each
  CHECK(b.confidence(0, 4) == 16'384);
}

TEST_CASE("successors: a layer that was passed over in between teaches nothing") {
  step_bench b(successors{}, 2, 8, 1);
  b.step({{1}, {6}});
  b.use(1, {2});  // layer 0 had no event in this step
  b.step({{5}, {3}});
  b.use(0, {1});
  CHECK(b.expects(0).empty());  // 5 did not come one step after 1
  b.use(1, {2});
  CHECK(b.expects(1) == expert_set{3});
}

struct slow_successors : slow_twin {
  using slow_twin::on;
  std::uint32_t most;
  slow_pairs table{};

  explicit slow_successors(std::uint32_t m) : most(m) {}
  void on(const layer_event& event) {
    const std::uint32_t layer = number(event.layer);
    past.begin(layer);
    if (learns) table.learn(past, layers(), wanted_by(event));
    past.keep(wanted_by(event));
    ranking all;
    for (std::uint32_t b = 0; b < width(layer); ++b)
      if (const std::int64_t odds = table.odds(layers(), layer, wanted_by(event), b); odds != 0) all.emplace_back(b, odds);
    forecast[layer] = best_of(all, past.how_many(layer, most, event.wanted.size()));
  }
};

TEST_CASE("successors: agrees with its slow twin") {
  agrees_with_its_twin([](splitmix& dice) {
    const std::uint32_t most = dice.below(5);
    return std::pair(successors{.most = most}, slow_successors(most));
  });
}

TEST_CASE("successors: finds what another program counted") { golden::agree("successors", successors{}); }

}  // namespace
