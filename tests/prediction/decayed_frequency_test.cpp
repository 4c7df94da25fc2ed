// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <moesaic/prediction/decayed_frequency.hpp>

#include "prediction/golden.hpp"
#include "prediction/slow_history.hpp"
#include "prediction/slow_rates.hpp"
#include "prediction/step_bench.hpp"

namespace {
using namespace moesaic_test;
using prediction::decayed_frequency;

TEST_CASE("decayed_frequency: two uses lately are worth more than three long ago") {
  step_bench b(decayed_frequency{.half_life = 4, .most = 2}, 1, 8, 1);
  for (std::uint64_t t = 0; t < 3; ++t) b.use(0, {6}, t);
  CHECK(b.expects(0) == expert_set{6});
  b.use(0, {2}, 20);
  b.use(0, {2}, 20);
  CHECK(b.expects(0) == expert_set{2, 6});
  CHECK(b.confidence(0, 2) == 1'024);  // two uses now: 2^1
  b.use(0, {5}, 24);                   // a half-life later
  CHECK(b.confidence(0, 2) == 0);
  CHECK(b.confidence(0, 5) == 0);
  CHECK(b.expects(0) == expert_set{2, 5});  // equal: the lower id
}

TEST_CASE("decayed_frequency: below 1/64 of a use nothing is told apart") {
  step_bench b(decayed_frequency{.half_life = 1, .most = 8}, 1, 8, 1);
  b.use(0, {7}, 0);
  b.use(0, {3}, 10);
  b.use(0, {1}, 100);
  CHECK(b.expects(0) == expert_set{1, 3, 7});
  CHECK(b.confidence(0, 3) == -6 * 1'024);
  CHECK(b.confidence(0, 7) == -6 * 1'024);
}

struct slow_decayed : slow_twin {
  using slow_twin::on;
  slow_rates rates;
  std::uint32_t most;

  slow_decayed(std::uint32_t half_life, std::uint32_t m) : rates(half_life), most(m) {}
  void on(const layer_event& event) {
    rates.hear(event);
    ranking all;
    for (std::uint32_t e = 0; e < width(number(event.layer)); ++e)
      if (const auto log = rates.log_of(number(event.layer), e)) all.emplace_back(e, *log);
    forecast[number(event.layer)] = best_of(all, past.how_many(number(event.layer), most, event.wanted.size()));
  }
};

TEST_CASE("decayed_frequency: agrees with its slow twin") {
  agrees_with_its_twin([](splitmix& dice) {
    const std::uint32_t most = dice.below(5), half_life = dice.between(1, 40);
    return std::pair(decayed_frequency{.half_life = half_life, .most = most}, slow_decayed(half_life, most));
  });
}

TEST_CASE("decayed_frequency: finds what another program counted") { golden::agree("decayed_frequency", decayed_frequency{}); }

}  // namespace
