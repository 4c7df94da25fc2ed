// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/scoring/none.hpp>

TEST_CASE("none: every expert is worth the same") {
  const moesaic::scoring::none scores;
  CHECK(scores.score(moesaic::make_expert(0, 0)) == scores.score(moesaic::make_expert(60, 200)));
  CHECK(scores.score(moesaic::make_expert(0, 0)) == moesaic::utility{0});
}
