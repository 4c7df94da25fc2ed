// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <span>

#include <moesaic/speculation/greedy.hpp>

namespace {
using namespace moesaic;

TEST_CASE("greedy: the largest logit, of equals the lower id") {
  const speculation::greedy rule;
  CHECK(rule.choose(std::array{1.0F, 3.0F, 2.0F}) == 1);
  CHECK(rule.choose(std::array{3.0F, 1.0F, 3.0F}) == 0);
  CHECK(rule.choose(std::array{-5.0F, -std::numeric_limits<float>::infinity(), -4.0F}) == 2);
  CHECK(rule.choose(std::array{-std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) == 0);
}

TEST_CASE("greedy: what is not a number is never chosen while there is another") {
  const speculation::greedy rule;
  constexpr float no_number = std::numeric_limits<float>::quiet_NaN();
  CHECK(rule.choose(std::array{no_number, 1.0F, no_number, 2.0F}) == 3);
  CHECK(rule.choose(std::array{no_number, no_number}) == 0);
  CHECK(rule.choose({}) == 0);
}

TEST_CASE("greedy: a drafted token stands if it is the one") {
  const speculation::greedy rule;
  const std::array row{1.0F, 3.0F, 3.0F};
  CHECK(rule.accepts(row, {.token = 1}));
  CHECK_FALSE(rule.accepts(row, {.token = 2}));
  CHECK_FALSE(rule.accepts(row, {.token = -1}));
  CHECK_FALSE(rule.accepts(std::span<const float>(), {.token = 0}));
}

}  // namespace
