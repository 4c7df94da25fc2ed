// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include <moesaic/prediction/decayed_rates.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using prediction::decayed_rates;
using prediction::octave;

TEST_CASE("decayed_rates: the logarithm of the count, as of the last token heard") {
  const model_shape shape = *model_shape::uniform(2, 4, 1, {1});
  decayed_rates rates(inventory{shape}, 8);
  const auto use = [&](std::uint32_t layer, std::uint32_t e, std::uint64_t token) {
    conformance::owned_event event(0, token, layer, {e});
    rates.learn(event.get());
  };
  std::array<std::int32_t, 4> logs{};
  use(0, 1, 1'000);
  use(0, 1, 1'008);
  use(0, 2, 1'008);
  rates.log_of(layer_index{0}, logs);
  CHECK(logs[0] == decayed_rates::never);
  CHECK(logs[1] == octave / 2);  // 1 1/2: halfway between the powers of two on a straight line
  CHECK(logs[2] == 0);
  use(1, 3, 1'016);
  rates.log_of(layer_index{0}, logs);
  CHECK(logs[1] == -octave / 2);
  CHECK(logs[2] == -octave);
  use(1, 3, 5'000);
  rates.log_of(layer_index{0}, logs);
  CHECK(logs[1] == decayed_rates::least);
  CHECK(logs[2] == decayed_rates::least);
  rates.log_of(layer_index{1}, std::span(logs).first(3));
  CHECK(logs[0] == decayed_rates::never);
}

TEST_CASE("decayed_rates: at most .09 octaves from the logarithm") {
  const model_shape shape = *model_shape::uniform(1, 1, 1, {1});
  decayed_rates rates(inventory{shape}, 5);
  double count = 0;
  for (std::uint64_t t = 0; t < 200; ++t) {
    count = count * std::exp2(-1.0 / 5) + 1;
    conformance::owned_event event(t, t, 0, {0});
    rates.learn(event.get());
    std::array<std::int32_t, 1> log{};
    rates.log_of(layer_index{0}, log);
    CHECK(log[0] <= 1'024 * (std::log2(count) + 0.09) + 1);
    CHECK(log[0] >= 1'024 * (std::log2(count) - 0.09) - 1);
  }
}

}  // namespace
