// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include <moesaic/speculation/test_and_set.hpp>

#include "support/governor_bench.hpp"

namespace {
using namespace moesaic_test;
using speculation::test_and_set;

/// What is tried in each step on a machine where a window of k drafted tokens takes `takes[k]` and commits `commits[k]`.
std::vector<std::uint32_t> lived(test_and_set governor, const std::array<std::int64_t, 5>& takes, const std::array<std::uint32_t, 5>& commits,
                                 std::uint32_t steps) {
  governor_bench b(governor);
  std::vector<std::uint32_t> tried;
  for (std::uint32_t i = 0; i < steps; ++i) {
    const auto [drafted, verified] = b.window();
    tried.push_back(drafted);
    b.governor.observe(went(drafted, verified, commits[drafted] - 1, 0, takes[drafted]));
  }
  return tried;
}
std::vector<std::uint32_t> runs(const std::vector<std::uint32_t>& all) {  // length, times, length, times
  std::vector<std::uint32_t> r;
  for (const std::uint32_t k : all)
    if (r.empty() || r[r.size() - 2] != k) {
      r.push_back(k);
      r.push_back(1);
    } else {
      ++r.back();
    }
  return r;
}

TEST_CASE("test and set: climbs as long as utility grows by a tenth, and keeps the best") {
  // utility: 1 -> 1.33, 2 -> 1.67, 3 -> 2.0, 4 -> 2.27
  const auto tried = lived({.length = 4}, {600, 900, 1'080, 1'200, 1'320}, {1, 2, 3, 4, 5}, 4 + 4 * 3 + 16);
  CHECK(runs(tried) == std::vector<std::uint32_t>{0, 4, 2, 4, 3, 4, 4, 20});
}

TEST_CASE("test and set: turns round where the first step up loses") {
  // utility: 1 -> 1.5, 2 -> 1.2, 3 -> 1
  const auto tried = lived({.length = 4}, {600, 800, 1'500, 2'400, 3'600}, {1, 2, 3, 4, 5}, 4 + 4 * 3 + 16);
  CHECK(runs(tried) == std::vector<std::uint32_t>{0, 4, 2, 4, 3, 4, 1, 20});
}

TEST_CASE("test and set: what does not pay is left alone, longer each time") {
  // no token ever stands; the favourite never was
  const auto tried = runs(lived({.length = 4, .refresh = 1'000'000}, {600, 1'200, 1'800, 2'400, 3'000}, {1, 1, 1, 1, 1}, 400));
  std::vector<std::uint32_t> pauses;
  for (std::size_t i = 2; i < tried.size(); i += 2)
    if (tried[i] == 0) pauses.push_back(tried[i + 1]);
  REQUIRE(pauses.size() >= 4);
  CHECK(pauses[0] == 16);
  CHECK(pauses[1] == 32);
  CHECK(pauses[2] == 64);
  CHECK(pauses[3] == 128);
}

TEST_CASE("test and set: what is no time teaches nothing") {
  governor_bench b(test_and_set{});
  for (int i = 0; i < 100; ++i) b.governor.observe(went(0, 0, 0, 0, -1));
  CHECK(b.longest() == 0);  // still waiting for the base
  for (int i = 0; i < 200; ++i) b.governor.observe(went(b.longest(), b.longest(), 0, 0, 0));
  CHECK(b.longest() <= 4);
}

}  // namespace
