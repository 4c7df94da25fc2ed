// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include <moesaic/sim/synthetic_routing.hpp>
#include <moesaic/speculation/working_set.hpp>

#include "support/governor_bench.hpp"
#include "support/speculation_cells.hpp"
#include "support/splitmix.hpp"

namespace {
using namespace moesaic_test;
using speculation::working_set;

TEST_CASE("working set: at least .95 of the better of no speculation and the best fixed length, where it matters most") {
  const sim::routing_tape tape = *sim::synthetic_routing({4, 32, 4}, 2'100);
  for (const double ratio : {0.1, 2.0})
    for (const double capacity : {12.5, 50.0}) {
      const cell_machine cell(tape, capacity, ratio, 2'048);
      for (const drafter_kind& drafts : drafter_kinds) {
        CAPTURE(ratio);
        CAPTURE(capacity);
        CAPTURE(drafts.name);
        const auto fixed = cell.best_fixed(drafts);
        REQUIRE(fixed.best > 0);
        const double ours = cell.pace(working_set{}, drafts);
        CHECK(ours > 0);
        CHECK(fixed.best / ours >= 0.95);
      }
    }
}

TEST_CASE("working set: the first draft is one token that is not verified, an empty one is none") {
  governor_bench b(working_set{.length = 8});
  CHECK(b.longest() == 1);
  CHECK(b.window() == std::pair{1U, 0U});
  b.possible = 0;
  CHECK(b.longest() == 0);
}

TEST_CASE("working set: a drafter that is always wrong is looked at and hardly ever verified, where its fate is told") {
  governor_bench b(working_set{.length = 8});
  std::uint32_t drafts = 0, windows = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto [drafted, verified] = b.window();
    windows += verified != 0;
    drafts += drafted;
    step_outcome told = went(drafted, verified, 0, 100 * drafted, 1'000);
    if (drafted != 0 && verified == 0) told.beyond = step_outcome::fate::fell;
    b.governor.observe(told);
  }
  CHECK(windows <= 1'000 / 64);
  CHECK(drafts >= 8);
  CHECK(drafts * 100 <= 1'000 * 1'000 / 64 + 1'000);  // looking costs a sixty-fourth of the time

  governor_bench right(working_set{.length = 8});
  std::uint32_t full = 0;
  for (int i = 0; i < 100; ++i) {
    const auto [drafted, verified] = right.window();
    full += verified == 8;
    step_outcome told = went(drafted, verified, verified, 100 * drafted, 1'000 + 20 * verified);
    if (verified < drafted) told.beyond = step_outcome::fate::stood;
    right.governor.observe(told);
  }
  CHECK(full > 85);
}

TEST_CASE("working set: windows that only lose are over once the account is, and come back seldom") {
  governor_bench b(working_set{.length = 8, .loss = 0, .allowance = 8});
  std::int64_t lost = 0, worst = 0;
  for (int i = 0; i < 3'000; ++i) {
    const auto [drafted, verified] = b.window();
    b.governor.observe(went(drafted, verified, 0, 1'000 * drafted, 1'000 + 500 * verified));
    const std::int64_t its = 1'000 * drafted + 500 * verified;
    lost += its;
    worst = std::max(worst, its);
  }
  CHECK(lost > 0);
  CHECK(lost <= 8 * 1'000 + worst);
}

TEST_CASE("working set: drafts that stand and cost little are drafted to the end") {
  governor_bench b(working_set{.length = 8});
  std::uint32_t full = 0;
  for (int i = 0; i < 200; ++i) {
    const auto [drafted, verified] = b.window();
    full += drafted == 8 && verified == 8;
    b.governor.observe(went(drafted, verified, verified, 10 * drafted, 1'000 + 20 * verified));
  }
  CHECK(full > 170);
}

TEST_CASE("working set: it stops inside the window where the drafter says that it is lost, once it knows what that means") {
  governor_bench b(working_set{.length = 8});
  for (int i = 0; i < 400; ++i) {
    const std::uint32_t longest = b.longest();
    std::uint32_t drafted = 0;
    while (drafted < longest) {  // every third token is unsure, and falls
      ++drafted;
      if (!b.governor.keep_drafting(b.scene(drafted, drafted % 3 == 0 ? 0.1F : 0.9F))) break;
    }
    const std::uint32_t verified = drafted == 0 ? 0 : b.governor.verify(b.scene(drafted, drafted % 3 == 0 ? 0.1F : 0.9F)).count;
    b.governor.observe(went(drafted, verified, std::min(verified, 2U), 200 * drafted, 1'000 + 200 * verified));
  }
  std::uint32_t longest_seen = 0;
  for (int i = 0; i < 10; ++i) {
    std::uint32_t drafted = 0;
    while (drafted < b.longest()) {
      ++drafted;
      if (!b.governor.keep_drafting(b.scene(drafted, drafted % 3 == 0 ? 0.1F : 0.9F))) break;
    }
    longest_seen = std::max(longest_seen, drafted);
  }
  CHECK(longest_seen >= 2);
  CHECK(longest_seen <= 3);
}

TEST_CASE("working set: no time, endless time, times below nothing, links that are none: an answer within what is possible") {
  constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
  splitmix dice{3};
  for (const std::int64_t time : {std::int64_t{0}, std::int64_t{-7}, never, never / 2, std::int64_t{1}}) {
    governor_bench b(working_set{.length = 63});
    for (const double rate : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
      for (int i = 0; i < 100; ++i) {
        b.link.rate = {rate};
        b.possible = dice.below(65);
        const auto [drafted, verified] = b.window(dice.chance(500) ? std::numeric_limits<float>::quiet_NaN() : 0.5F);
        CHECK(drafted <= b.possible);
        CHECK(verified <= drafted);
        b.governor.observe(went(drafted, verified, dice.below(verified + 1), dice.chance(500) ? time : 5, dice.chance(500) ? time : 9, time));
      }
  }
  governor_bench still(working_set{});
  for (int i = 0; i < 20; ++i) still.governor.observe(went(0, 0, 0, 0, 0));
  CHECK(still.longest() == 0);  // while time does not pass nothing can be judged
}

TEST_CASE("working set: a time limit is kept as far as times are known") {
  governor_bench b(working_set{.length = 8});
  for (int i = 0; i < 200; ++i) {
    const auto [drafted, verified] = b.window();
    b.governor.observe(went(drafted, verified, verified, 100 * drafted, 1'000 + 100 * verified));
  }
  b.limit = {1'550};
  CHECK(b.longest() <= 3);
  b.limit = {1};
  CHECK(b.longest() == 0);
}

TEST_CASE("working set: under a time limit nothing is drafted before a step is known, then one token until drafting is") {
  governor_bench b(working_set{.length = 8});
  b.limit = {100'000};
  CHECK(b.longest() == 0);
  b.governor.observe(went(0, 0, 0, 0, 1'000));
  CHECK(b.longest() == 1);
  b.governor.observe(went(1, 1, 1, 10, 1'020));
  CHECK(b.longest() > 1);

  governor_bench late(working_set{.length = 8});
  late.limit = {1'000};  // what a plain step takes
  for (int i = 0; i < 20; ++i) {
    CHECK(late.longest() == 0);
    late.governor.observe(went(0, 0, 0, 0, 1'000));
  }
}

}  // namespace
