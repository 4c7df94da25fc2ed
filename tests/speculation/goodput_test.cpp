// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/speculation/goodput.hpp>

#include "support/governor_bench.hpp"

namespace {
using namespace moesaic_test;
using speculation::goodput;

/// Steps of a machine whose pass takes 1000 + `row` for each drafted token, and a drafted token `draft`.
void live(governor_bench<goodput>& b, std::uint32_t steps, std::int64_t row, std::int64_t draft, bool right) {
  for (std::uint32_t i = 0; i < steps; ++i) {
    const auto [drafted, verified] = b.window();
    b.governor.observe(went(drafted, verified, right ? verified : 0, draft * drafted, 1'000 + row * verified));
  }
}

TEST_CASE("goodput: plain first, then half, then all where rows are cheap and drafts are right") {
  governor_bench b(goodput{.length = 8});
  CHECK(b.longest() == 0);
  live(b, 1, 50, 10, true);
  CHECK(b.longest() == 4);
  live(b, 40, 50, 10, true);
  CHECK(b.longest() == 8);
}

TEST_CASE("goodput: nothing where drafts are wrong, but one token every `retry` steps") {
  governor_bench b(goodput{.length = 8, .retry = 10});
  live(b, 30, 500, 100, false);
  std::uint32_t tried = 0, drafted = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const std::uint32_t k = b.longest();
    tried += k != 0;
    drafted += k;
    live(b, 1, 500, 100, false);
  }
  CHECK(tried == 10);
  CHECK(drafted == 10);
}

TEST_CASE("goodput: rows that cost what a plain step costs are not worth it") {
  governor_bench b(goodput{.length = 8, .retry = 10'000});
  live(b, 60, 1'000, 100, true);
  CHECK(b.longest() == 0);
}

TEST_CASE("goodput: a time limit cuts, and so does what is possible") {
  governor_bench b(goodput{.length = 8});
  live(b, 60, 50, 10, true);
  b.limit = {1'190};
  CHECK(b.longest() == 3);
  b.limit = {};
  b.possible = 2;
  CHECK(b.longest() == 2);
}

TEST_CASE("goodput: under a time limit nothing is drafted before a step is known, then one token, if that should be in time") {
  governor_bench b(goodput{.length = 8, .retry = 4});
  b.limit = {100'000};
  CHECK(b.longest() == 0);
  live(b, 1, 50, 10, true);
  CHECK(b.longest() == 1);
  live(b, 1, 50, 10, true);
  CHECK(b.longest() > 1);

  governor_bench late(goodput{.length = 8, .retry = 4});
  late.limit = {1'000};  // what a plain step takes
  for (int i = 0; i < 20; ++i) {
    CHECK(late.longest() == 0);
    live(late, 1, 50, 10, true);
  }
}

TEST_CASE("goodput: while time does not pass it does not speculate") {
  governor_bench b(goodput{});
  for (int i = 0; i < 10; ++i) b.governor.observe(went(b.longest(), b.longest(), 0, 0, 0));
  CHECK(b.longest() == 0);
}

}  // namespace
