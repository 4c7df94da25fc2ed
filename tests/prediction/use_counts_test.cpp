// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>

#include <moesaic/prediction/use_counts.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using prediction::use_counts;

TEST_CASE("use_counts: events of a layer and uses of its experts; all of a layer are halved together") {
  const model_shape shape = *model_shape::uniform(2, 4, 1, {1});
  use_counts counts(inventory{shape});
  const auto use = [&](std::uint32_t layer, std::vector<std::uint32_t> wanted, std::uint32_t times) {
    conformance::owned_event event(0, 0, layer, std::move(wanted), 4);
    for (std::uint32_t i = 0; i < times; ++i) counts.learn(event.get());
  };
  use(0, {1, 2}, 3);  // tokens of a window do not count, events do
  use(0, {1}, 1);
  CHECK(counts.events(layer_index{0}) == 4);
  CHECK(counts.of(layer_index{0})[1] == 4);
  CHECK(counts.of(layer_index{0})[2] == 3);
  CHECK(counts.of(layer_index{0})[3] == 0);
  CHECK(counts.events(layer_index{1}) == 0);
  use(1, {0}, 7);
  use(0, {3}, use_counts::most_events - 5);
  CHECK(counts.events(layer_index{0}) == use_counts::most_events - 1);
  use(0, {3}, 1);
  CHECK(counts.events(layer_index{0}) == use_counts::most_events / 2);
  CHECK(counts.of(layer_index{0})[1] == 2);
  CHECK(counts.of(layer_index{0})[3] == (use_counts::most_events - 4) / 2);
  CHECK(counts.of(layer_index{1})[0] == 7);
}

}  // namespace
