// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include <moesaic/prediction/co_occurrence.hpp>

#include "prediction/golden.hpp"
#include "prediction/slow_history.hpp"
#include "prediction/step_bench.hpp"

namespace {
using namespace moesaic_test;
using prediction::co_occurrence;

TEST_CASE("co_occurrence: has a table for each distance, so the layer in between need not be guessed") {
  step_bench b(co_occurrence{}, 3, 8, 1);
  // Layer 2 follows layer 0; layer 1 is the same always and tells nothing.
  for (int i = 0; i < 4; ++i) {
    b.step({{1}, {0}, {6}});
    b.step({{2}, {0}, {7}});
  }
  b.use(0, {1});
  CHECK(b.expects(1) == expert_set{0});
  CHECK(b.expects(2) == expert_set{6});
  CHECK(b.confidence(2, 6) == 32'768);
  b.use(1, {0});
  CHECK(b.expects(1).empty());            // used up
  CHECK(b.expects(2) == expert_set{6});   // from layer 1 alone: as often as 7, and the lower id
  CHECK(b.confidence(2, 6) == 16'384);
}

TEST_CASE("co_occurrence: with two sources the older layer still speaks") {
  step_bench b(co_occurrence{.most = 2, .horizon = 1, .sources = 2}, 3, 8, 1);
  for (int i = 0; i < 4; ++i) {
    b.step({{1}, {0}, {6}});
    b.step({{2}, {0}, {7}});
  }
  b.use(0, {2});
  b.use(1, {0});
  CHECK(b.expects(2) == expert_set{7, 6});
  CHECK(b.confidence(2, 7) == 24'576);  // 1 from layer 0, 1/2 from layer 1
  CHECK(b.confidence(2, 6) == 8'192);
}

TEST_CASE("co_occurrence: an event of more than half a layer teaches nothing") {
  step_bench b(co_occurrence{}, 2, 8, 2);
  b.step({{0, 1, 2, 3, 4}, {3}});
  b.use(0, {0});
  CHECK(b.expects(1).empty());
}

struct slow_co_occurrence : slow_twin {
  using slow_twin::on;
  std::uint32_t most, horizon, sources;
  slow_pairs table{};

  slow_co_occurrence(std::uint32_t m, std::uint32_t h, std::uint32_t s) : most(m), horizon(h), sources(s) {}
  void on(const layer_event& event) {
    const std::uint32_t layer = number(event.layer), farthest = std::min(horizon + sources - 1, layers());
    past.begin(layer);
    for (std::uint32_t d = 1; learns && d <= farthest; ++d) table.learn(past, d, wanted_by(event));
    past.keep(wanted_by(event));
    forecast[layer].clear();
    for (std::uint32_t ahead = 1; ahead <= std::min(horizon, farthest); ++ahead) {
      const std::uint32_t due = (layer + ahead) % layers();
      std::int64_t heard = 0;
      for (std::uint32_t back = 0; back < sources && ahead + back <= farthest; ++back) heard += past.ago(back).empty() ? 0 : 1;
      ranking all;
      for (std::uint32_t b = 0; b < width(due); ++b) {
        std::int64_t odds = 0;
        for (std::uint32_t back = 0; back < sources && ahead + back <= farthest; ++back) odds += table.odds(ahead + back, due, past.ago(back), b);
        if (odds != 0) all.emplace_back(b, odds / heard);
      }
      forecast[due] = best_of(all, past.how_many(due, most, event.wanted.size()));
    }
  }
};

TEST_CASE("co_occurrence: agrees with its slow twin") {
  agrees_with_its_twin([](splitmix& dice) {
    const std::uint32_t most = dice.below(5), horizon = dice.between(1, 4), sources = dice.between(1, 3);
    return std::pair(co_occurrence{most, horizon, sources}, slow_co_occurrence(most, horizon, sources));
  });
}

TEST_CASE("co_occurrence: finds what another program counted") { golden::agree("co_occurrence", co_occurrence{}); }

}  // namespace
