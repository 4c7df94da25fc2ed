// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include <moesaic/prediction/recent_layers.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using prediction::recent_layers;
using experts = std::vector<std::uint16_t>;

struct bench {
  model_shape shape = *model_shape::uniform(3, 8, 2, {1});
  recent_layers recent{inventory{shape}};

  void use(std::uint32_t layer, std::vector<std::uint32_t> wanted) {
    conformance::owned_event event(0, 0, layer, std::move(wanted));
    recent.begin(event.get());
    recent.keep(event.get());
  }
  [[nodiscard]] experts ago(std::uint32_t n) const {
    const auto set = recent.experts(n);
    return {set.begin(), set.end()};
  }
  [[nodiscard]] experts step_before(std::uint32_t ahead) const {
    const auto set = recent.step_before(ahead);
    return {set.begin(), set.end()};
  }
};

TEST_CASE("recent_layers: the last events by how many layers ago they were, round the end of a step") {
  bench b;
  CHECK(b.ago(1).empty());
  b.use(0, {1, 2});
  b.use(1, {3});
  b.use(2, {4, 5});
  b.use(0, {6});
  CHECK(b.ago(0) == experts{6});
  CHECK(b.ago(1) == experts{4, 5});
  CHECK(b.ago(2) == experts{3});
  CHECK(b.recent.layer(0) == 0);
  CHECK(b.recent.layer(1) == 2);
  CHECK(b.recent.layer(2) == 1);
  CHECK(b.recent.layer(3) == 0);
  CHECK(b.step_before(1) == experts{3});
  CHECK(b.step_before(2) == experts{4, 5});
  CHECK(b.step_before(3) == experts{6});  // the layer that runs is the one that comes after all others
}

TEST_CASE("recent_layers: a layer that was passed over is not mistaken for an older event of it") {
  bench b;
  b.use(0, {1});
  b.use(1, {2});
  b.use(2, {3});
  b.use(0, {4});
  b.use(2, {5});  // layer 1 had no event
  CHECK(b.ago(1).empty());
  CHECK(b.ago(2) == experts{4});
  b.use(2, {6});  // a whole step without the others
  CHECK(b.ago(1).empty());
  CHECK(b.ago(2).empty());
  CHECK(b.ago(0) == experts{6});
}

TEST_CASE("recent_layers: until it is kept, an event's own layer shows what it used one step ago") {
  bench b;
  b.use(0, {1});
  b.use(1, {2});
  b.use(2, {3});
  conformance::owned_event event(1, 1, 0, {7});
  b.recent.begin(event.get());
  CHECK(b.ago(3) == experts{1});
  b.recent.keep(event.get());
  CHECK(b.ago(3).empty());
}

TEST_CASE("tells_pairs: up to half a layer, or top-k where that is more") {
  const model_shape shape = *model_shape::of(std::vector<model_shape::layer>{{8, 2, {1}}, {4, 3, {1}}});
  CHECK(prediction::tells_pairs(shape, layer_index{0}, 4));
  CHECK_FALSE(prediction::tells_pairs(shape, layer_index{0}, 5));
  CHECK(prediction::tells_pairs(shape, layer_index{1}, 3));
}

}  // namespace
