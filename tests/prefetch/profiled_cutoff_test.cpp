// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include <moesaic/prefetch/profiled_cutoff.hpp>

#include "prefetch/asked.hpp"

namespace {
using namespace moesaic_test;
using prefetch::profiled_cutoff;

/// Steps of a machine on which a cutoff of c takes `time[c]` for each of them.
struct machine {
  explicit machine(profiled_cutoff knobs, std::uint32_t layers = 8) : bench(prefetch::layer_order<profiled_cutoff>{.cutoff = knobs}, layers) {}
  [[nodiscard]] std::uint32_t layers() const { return bench.scheduler.cutoff.layers(bench.look()); }
  void step(std::int64_t time, std::uint32_t committed, std::uint32_t drafted = 1) {
    step_outcome outcome;
    outcome.drafted = {drafted};
    outcome.committed = {committed};
    outcome.drafting = {time / 3};
    outcome.verifying = {time - time / 3};
    tell(bench.scheduler, outcome);
  }
  asked<prefetch::layer_order<profiled_cutoff>> bench;
};

TEST_CASE("profiled_cutoff: tries 0 to most, then keeps the bottom of the U") {
  const std::vector<std::int64_t> time{900, 700, 500, 400, 450, 800};
  machine m(profiled_cutoff{.most = 5, .steps = 3});
  for (std::uint32_t c = 0; c <= 5; ++c)
    for (int i = 0; i < 3; ++i) {
      CHECK(m.layers() == c);
      CHECK_FALSE(m.bench.scheduler.cutoff.done());
      m.step(99, 1, 0);  // a step without a draft is left out
      m.step(time[c], 2);
    }
  CHECK(m.bench.scheduler.cutoff.done());
  CHECK(m.layers() == 3);
  for (int i = 0; i < 50; ++i) m.step(9'000, 1);
  CHECK(m.layers() == 3);  // it stays
}

TEST_CASE("profiled_cutoff: time is counted by the token, and of equals the fewest layers stay") {
  machine by_token(profiled_cutoff{.most = 2, .steps = 1});
  by_token.step(100, 1);
  by_token.step(150, 2);
  by_token.step(149, 1);
  CHECK(by_token.layers() == 1);
  machine equal(profiled_cutoff{.most = 2, .steps = 1});
  equal.step(200, 2);
  equal.step(100, 1);
  equal.step(300, 3);
  CHECK(equal.layers() == 0);
}

TEST_CASE("profiled_cutoff: a model of few layers ends the profile early") {
  machine m(profiled_cutoff{.most = 50, .steps = 1}, 2);
  for (std::int64_t t : {5, 4, 3}) m.step(t, 1);
  CHECK(m.bench.scheduler.cutoff.done());
  CHECK(m.layers() == 2);
}

TEST_CASE("profiled_cutoff: agrees with sums in floating point") {
  std::uint64_t wrong = 0;
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    splitmix dice{seed};
    const std::uint32_t most = dice.below(6), steps = dice.between(1, 6);
    machine m(profiled_cutoff{.most = most, .steps = steps});
    std::vector<double> each;
    for (std::uint32_t c = 0; c <= most; ++c) {
      double time = 0, tokens = 0;
      for (std::uint32_t i = 0; i < steps; ++i) {
        const std::uint32_t took = dice.between(1, 1'000'000), committed = dice.between(1, 9);
        time += took;
        tokens += committed;
        m.step(took, committed);
      }
      each.push_back(time / tokens);
    }
    wrong += m.layers() != static_cast<std::uint32_t>(std::min_element(each.begin(), each.end()) - each.begin());
  }
  CHECK(wrong == 0);
}

}  // namespace
