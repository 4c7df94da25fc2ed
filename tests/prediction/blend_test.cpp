// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <utility>

#include <moesaic/prediction/blend.hpp>

#include "prediction/golden.hpp"
#include "prediction/slow_evidence.hpp"
#include "prediction/slow_rates.hpp"
#include "prediction/step_bench.hpp"

namespace {
using namespace moesaic_test;
using prediction::blend;

TEST_CASE("blend: without weight only what was used lately counts; with it, the layer before decides") {
  step_bench lately(blend{.horizon = 1, .weight = 0, .half_life = 2}, 2, 8, 1);
  step_bench both(blend{.horizon = 1, .weight = 100, .half_life = 2}, 2, 8, 1);
  std::uint64_t token = 0;
  const auto step = [&](std::uint32_t a, std::uint32_t b) {
    lately.step({{a}, {b}}, token);
    both.step({{a}, {b}}, token++);
  };
  for (int i = 0; i < 30; ++i) {
    step(1, 6);
    step(2, 7);
  }
  for (int i = 0; i < 3; ++i) step(2, 7);
  lately.use(0, {1}, token);
  both.use(0, {1}, token);
  CHECK(lately.expects(1) == expert_set{7});  // the last three
  CHECK(both.expects(1) == expert_set{6});    // what belongs to expert 1
}

struct lately_used {
  slow_rates rates;
  void hear(const layer_event& event) { rates.hear(event); }
  [[nodiscard]] std::optional<std::int64_t> score(std::uint32_t layer, std::uint32_t e, std::int64_t) const { return rates.log_of(layer, e); }
};

TEST_CASE("blend: agrees with its slow twin") {
  agrees_with_its_twin([](splitmix& dice) {
    const std::uint32_t most = dice.below(5), horizon = dice.between(1, 4), sources = dice.between(1, 3), weight = dice.between(0, 150);
    const std::uint32_t half_life = dice.between(1, 40);
    return std::pair(blend{most, horizon, sources, weight, half_life}, slow_evidence(most, horizon, sources, weight, lately_used{slow_rates(half_life)}));
  });
}

TEST_CASE("blend: finds what another program counted") { golden::agree("blend", blend{}); }

}  // namespace
