// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include <moesaic/prediction/linear.hpp>

#include "prediction/golden.hpp"
#include "prediction/slow_history.hpp"
#include "prediction/step_bench.hpp"

namespace {
using namespace moesaic_test;
using prediction::linear;

TEST_CASE("linear: learns what takes two sources to know") {
  // Layer 2 wants 6 where layers 0 and 1 used (1, 3), 5 where they used (1, 4) or (2, 3): neither source alone decides.
  step_bench b(linear{.horizon = 1}, 3, 8, 1);
  for (int i = 0; i < 60; ++i) {
    b.step({{1}, {3}, {6}});
    b.step({{1}, {4}, {5}});
    b.step({{2}, {3}, {5}});
  }
  b.use(0, {1});
  b.use(1, {3});
  CHECK(b.expects(2)[0] == 6);
  b.use(2, {6});
  b.use(0, {2});
  b.use(1, {3});
  CHECK(b.expects(2)[0] == 5);
  CHECK(b.confidence(2, 5) > prediction::linear_table::one / 2);  // about its probability
}

TEST_CASE("linear: knows nothing, expects nothing; and nothing is learned while it must not") {
  step_bench b(linear{}, 2, 8, 1);
  tell(b.predictor, prediction::learning{false});
  for (int i = 0; i < 9; ++i) b.step({{1}, {3}});
  b.use(0, {1});
  CHECK(b.expects(1).empty());
  tell(b.predictor, prediction::learning{true});
  b.use(1, {3});
  b.use(0, {1});
  CHECK(b.expects(1) == expert_set{3});
}

struct slow_linear : slow_twin {
  using slow_twin::on;
  using source = std::pair<std::uint32_t, expert_set>;  ///< layer, experts
  using sources = std::array<source, 3>;
  std::uint32_t most, horizon;
  std::map<std::tuple<std::uint32_t, std::uint32_t, int, std::uint32_t, std::uint32_t>, std::int64_t> weights{};  ///< ahead, layer, kind, a, b
  std::map<std::tuple<std::uint32_t, std::uint32_t, int, std::uint32_t>, std::int64_t> uses{};

  slow_linear(std::uint32_t m, std::uint32_t h) : most(m), horizon(h) {}

  [[nodiscard]] std::int64_t estimate(std::uint32_t ahead, std::uint32_t layer, const sources& from, std::uint32_t b) {
    std::int64_t sum = weights[{ahead, layer, -1, 0, b}];
    for (int kind = 0; kind < 3; ++kind) {
      const auto& [source_layer, set] = from[static_cast<std::size_t>(kind)];
      const std::int64_t k = past.shape->top_k(static_cast<layer_index>(source_layer)), n = static_cast<std::int64_t>(set.size());
      std::int64_t part = 0;
      for (const std::uint32_t a : set) part += weights[{ahead, layer, kind, a, b}];
      sum += n > k ? part * k / n : part;
    }
    return sum;
  }
  static void move(std::int64_t& weight, std::int64_t error, std::int64_t step) {
    const std::int64_t change = error * step + 32'768;
    weight = std::clamp<std::int64_t>(weight + (change >= 0 ? change / 65'536 : -((-change + 65'535) / 65'536)), -32'768, 32'767);
  }
  void learn(std::uint32_t ahead, const expert_set& wanted) {
    const std::uint32_t layer = past.running;
    const sources from{source{past.layer_ago(ahead), past.ago(ahead)}, source{past.layer_ago(ahead + 1), ahead < layers() ? past.ago(ahead + 1) : expert_set{}},
                       source{layer, past.ago(layers())}};
    if (from[0].second.empty() || !past.narrow(layer, wanted.size())) return;
    std::int64_t active = 0;
    for (const auto& [source_layer, set] : from) {
      if (!past.narrow(source_layer, set.size())) return;
      active += static_cast<std::int64_t>(set.size());
    }
    std::vector<std::int64_t> errors;
    for (std::uint32_t b = 0; b < width(layer); ++b) {
      const bool used = std::find(wanted.begin(), wanted.end(), b) != wanted.end();
      errors.push_back(std::clamp<std::int64_t>((used ? 16'384 : 0) - estimate(ahead, layer, from, b), -65'536, 65'536));
    }
    for (std::uint32_t b = 0; b < width(layer); ++b) move(weights[{ahead, layer, -1, 0, b}], errors[b], 32'768 / (active + 1));
    for (int kind = 0; kind < 3; ++kind)
      for (const std::uint32_t a : from[static_cast<std::size_t>(kind)].second) {
        std::int64_t& n = uses[{ahead, layer, kind, a}];
        const std::int64_t step = std::max<std::int64_t>(32'768 / 20, 32'768 * 32 / (32 + n)) / (active + 1);
        ++n;
        for (std::uint32_t b = 0; b < width(layer); ++b) move(weights[{ahead, layer, kind, a, b}], errors[b], step);
      }
  }
  void on(const layer_event& event) {
    const std::uint32_t layer = number(event.layer), reach = std::min(horizon, layers());
    past.begin(layer);
    for (std::uint32_t ahead = 1; learns && ahead <= reach; ++ahead) learn(ahead, wanted_by(event));
    past.keep(wanted_by(event));
    forecast[layer].clear();
    for (std::uint32_t ahead = 1; ahead <= reach; ++ahead) {
      const std::uint32_t due = (layer + ahead) % layers();
      const sources from{source{layer, wanted_by(event)}, source{past.layer_ago(1), ahead < layers() ? past.ago(1) : expert_set{}},
                         source{due, past.at(past.now + ahead - layers())}};
      ranking all;
      for (std::uint32_t b = 0; b < width(due); ++b)
        if (const std::int64_t score = estimate(ahead, due, from, b); score > 0) all.emplace_back(b, score);
      forecast[due] = best_of(all, past.how_many(due, most, event.wanted.size()));
    }
  }
};

TEST_CASE("linear: agrees with its slow twin") {
  agrees_with_its_twin([](splitmix& dice) {
    const std::uint32_t most = dice.below(5), horizon = dice.between(1, 3);
    return std::pair(linear{most, horizon}, slow_linear(most, horizon));
  });
}

TEST_CASE("linear: finds what another program counted") { golden::agree("linear", linear{}); }

}  // namespace
