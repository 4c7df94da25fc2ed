// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <vector>

#include <moesaic/prediction/linear_table.hpp>

namespace {
using namespace moesaic;
using prediction::linear_table;
constexpr std::int32_t one = linear_table::one;

TEST_CASE("linear_table: one lesson takes half of what was wrong, shared by the active and the bias") {
  linear_table table(4, 3);
  std::array<std::int32_t, 3> scores{};
  table.start(scores);
  table.add(2, scores);
  CHECK(scores == std::array<std::int32_t, 3>{});
  const std::vector<demand> used{{expert_index{1}, 1, {}}};
  linear_table::errors(scores, used);
  CHECK(scores == std::array<std::int32_t, 3>{0, one, 0});
  table.learn_bias(scores, 1);
  table.learn(2, scores, 1);
  table.start(scores);
  CHECK(scores[1] == one / 4);
  table.add(2, scores);
  CHECK(scores[1] == one / 2);
  table.add(3, scores);  // was not active
  CHECK(scores == std::array<std::int32_t, 3>{0, one / 2, 0});
}

TEST_CASE("linear_table: steps become smaller with use, down to a twentieth of the first") {
  linear_table table(1, 1);
  const std::array<std::int32_t, 1> wrong{one};
  std::int32_t before = 0;
  std::vector<std::int32_t> steps;
  for (int i = 0; i < 2'000; ++i) {
    if (i % 7 == 6) {  // stay inside: take back what was learned
      std::array<std::int32_t, 1> back{-4 * one};
      table.learn(0, back, 1);
    }
    std::array<std::int32_t, 1> score{};
    table.start(score);
    table.add(0, score);
    before = score[0];
    table.learn(0, wrong, 1);
    table.start(score);
    table.add(0, score);
    if (score[0] < 2 * one - 1) steps.push_back(score[0] - before);
  }
  CHECK(steps.front() == one / 4);
  CHECK(steps.back() == (one * 819 + 32'768) / 65'536);  // 1/20 of a half, between two, nearest
}

TEST_CASE("linear_table: weights stay within their sixteen bits, errors within four") {
  linear_table table(1, 2);
  std::array<std::int32_t, 2> wrong{1'000'000, -1'000'000};
  linear_table::errors(wrong, {});
  CHECK(wrong == std::array<std::int32_t, 2>{-4 * one, 4 * one});
  for (int i = 0; i < 1'000; ++i) table.learn(0, wrong, 1);
  std::array<std::int32_t, 2> scores{};
  table.add(0, scores);
  CHECK(scores == std::array<std::int32_t, 2>{-2 * one, 2 * one - 1});
}

}  // namespace
