// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <vector>

#include <moesaic/prediction/pair_counts.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using prediction::pair_counts;
using prediction::recent_layers;

struct bench {
  bench(std::uint32_t layers, std::uint32_t width, std::uint32_t nearest, std::uint32_t wanted)
      : shape(*model_shape::uniform(layers, width, 1, {1})), recent(inventory{shape}), pairs(inventory{shape}, nearest, wanted) {}

  void use(std::uint32_t layer, std::vector<std::uint32_t> wanted) {
    conformance::owned_event event(0, 0, layer, std::move(wanted));
    recent.begin(event.get());
    pairs.learn(recent, event.get());
    recent.keep(event.get());
  }
  model_shape shape;
  recent_layers recent;
  pair_counts pairs;
};

TEST_CASE("pair_counts: by distance, and shares of a's uses as odds") {
  bench b(3, 8, 1, 2);
  CHECK(b.pairs.farthest() == 2);
  for (const std::uint32_t last : {5U, 5U, 6U}) {
    b.use(0, {1, 2});
    b.use(1, {3});
    b.use(2, {last});
  }
  CHECK(b.pairs.row(1, layer_index{1}, 1)[3] == 3);
  CHECK(b.pairs.row(2, layer_index{2}, 2)[5] == 2);
  CHECK(b.pairs.row(2, layer_index{2}, 2)[6] == 1);
  CHECK(b.pairs.uses(2, layer_index{2}, 2) == 3);
  CHECK(b.pairs.row(1, layer_index{0}, 5)[1] == 2);  // round the end, into the next step
  CHECK(b.pairs.uses(1, layer_index{0}, 6) == 0);    // nothing has come after it
  std::array<std::int32_t, 8> odds{};
  b.pairs.add_odds(2, layer_index{2}, 2, odds);
  b.pairs.add_odds(1, layer_index{2}, 3, odds);
  CHECK(odds[5] == 2 * 21'845);  // 2/3 of 2^15, twice
  CHECK(odds[6] == 2 * 10'922);
  b.pairs.add_odds(1, layer_index{2}, 7, odds);  // never seen: adds nothing
  CHECK(odds[5] == 2 * 21'845);
}

TEST_CASE("pair_counts: from one distance on, and none beyond a step") {
  CHECK(bench(3, 8, 1, 9).pairs.farthest() == 3);
  CHECK(bench(3, 8, 3, 1).pairs.farthest() == 3);
  CHECK(bench(3, 8, 4, 1).pairs.farthest() == 3);  // below the nearest: nothing is counted
}

TEST_CASE("pair_counts: above 256 MiB distances are left out, the farthest first") {
  CHECK(bench(64, 1'024, 1, 4).pairs.farthest() == 2);  // 128 MiB each
  CHECK(bench(2, 16'384, 1, 2).pairs.farthest() == 0);  // 1 GiB each
}

TEST_CASE("pair_counts: a row is halved when its a has been used 32,768 times") {
  bench b(2, 4, 1, 1);
  const auto step = [&](std::uint32_t first, std::uint32_t second) {
    b.use(0, {first});
    b.use(1, {second});
  };
  step(3, 0);
  for (int i = 0; i < 767; ++i) step(0, 1);
  for (int i = 0; i < 32'000; ++i) step(0, 2);
  CHECK(b.pairs.uses(1, layer_index{1}, 0) == 32'767);
  step(0, 2);
  CHECK(b.pairs.uses(1, layer_index{1}, 0) == 16'384);
  CHECK(b.pairs.row(1, layer_index{1}, 0)[1] == 383);
  CHECK(b.pairs.row(1, layer_index{1}, 0)[2] == 16'000);
  CHECK(b.pairs.row(1, layer_index{1}, 3)[0] == 1);  // other rows stay
}

}  // namespace
