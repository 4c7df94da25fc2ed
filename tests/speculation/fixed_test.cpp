// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>

#include <moesaic/scoring/none.hpp>
#include <moesaic/speculation/fixed.hpp>

namespace {
using namespace moesaic;
using speculation::fixed;

struct desk {
  scoring::none scores{};
  forecast nothing{};
  [[nodiscard]] speculation_scene<scoring::none> scene(std::uint32_t drafted, float last, std::uint32_t possible = 63) const {
    return {{scores, nothing, {}, {}, {}, {}, {}, {}}, {drafted}, last, {possible}, {}};
  }
};

TEST_CASE("fixed: 0, the default, never speculates") {
  const desk d;
  fixed governor;
  CHECK(governor.longest(d.scene(0, 1)) == draft_length{0});
  CHECK_FALSE(governor.keep_drafting(d.scene(0, 1)));
  CHECK(governor.verify(d.scene(0, 1)) == draft_length{0});
}

TEST_CASE("fixed: drafts its length, verifies what was drafted, learns nothing") {
  const desk d;
  fixed governor{.length = {8}};
  for (int step = 0; step < 3; ++step) {
    CHECK(governor.longest(d.scene(0, 1)) == draft_length{8});
    CHECK(governor.longest(d.scene(0, 1, 5)) == draft_length{5});
    CHECK(governor.keep_drafting(d.scene(7, 0)));
    CHECK_FALSE(governor.keep_drafting(d.scene(8, 1)));
    CHECK_FALSE(governor.keep_drafting(d.scene(5, 1, 5)));
    CHECK(governor.verify(d.scene(3, 0)) == draft_length{3});
    CHECK(governor.verify(d.scene(8, 0)) == draft_length{8});
    governor.observe({.drafted = {8}, .accepted = {0}});
  }
}

TEST_CASE("fixed: stops behind an unsure token, and keeps that one") {
  const desk d;
  fixed governor{.length = {8}, .stop_below = 0.75F};
  CHECK(governor.keep_drafting(d.scene(0, 0)));  // nothing drafted yet
  CHECK(governor.keep_drafting(d.scene(2, 0.75F)));
  CHECK_FALSE(governor.keep_drafting(d.scene(2, 0.74F)));
  CHECK(governor.verify(d.scene(2, 0.74F)) == draft_length{2});
}

}  // namespace
