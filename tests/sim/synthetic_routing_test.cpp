// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <moesaic/sim/synthetic_routing.hpp>
#include <vector>

using namespace moesaic;
using namespace moesaic::sim;

namespace {
double reuse(const routing_tape& tape) {
  double same = 0, all = 0;
  for (std::uint32_t t = 1; t < tape.tokens(); ++t)
    for (std::uint32_t l = 0; l < tape.shape().layers; ++l) {
      const auto before = tape.routes(t - 1, static_cast<layer_index>(l));
      for (const expert_index e : tape.routes(t, static_cast<layer_index>(l))) same += std::count(before.begin(), before.end(), e) > 0;
      all += tape.shape().top_k;
    }
  return same / all;
}
}  // namespace

TEST_CASE("made-up routing is routing: distinct experts of the layer, the same for the same seed") {
  const auto tape = synthetic_routing({3, 16, 4}, 200);
  const auto again = synthetic_routing({3, 16, 4}, 200);
  REQUIRE(tape);
  CHECK(tape->tokens() == 200);
  CHECK(tape->parts().size() == 1);
  for (std::uint32_t t = 0; t < 200; ++t)
    for (std::uint32_t l = 0; l < 3; ++l) {
      const auto routes = tape->routes(t, static_cast<layer_index>(l));
      CHECK(std::equal(routes.begin(), routes.end(), again->routes(t, static_cast<layer_index>(l)).begin()));
      std::vector<expert_index> sorted(routes.begin(), routes.end());
      std::sort(sorted.begin(), sorted.end());
      CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
      CHECK(number(sorted.back()) < 16);
    }
}

TEST_CASE("it is about as local as published traces, and as local as it is asked to be") {
  CHECK(reuse(*synthetic_routing({24, 32, 4}, 500)) == doctest::Approx(0.42).epsilon(0.1));  // gpt-oss-20b: .44
  CHECK(reuse(*synthetic_routing({16, 64, 8}, 500)) == doctest::Approx(0.41).epsilon(0.1));  // OLMoE: .435
  CHECK(reuse(*synthetic_routing({24, 32, 4}, 500, {.again = 0, .topical = 0})) == doctest::Approx(4.0 / 32).epsilon(0.1));
  CHECK(reuse(*synthetic_routing({24, 32, 4}, 500, {.again = 1})) == 1.0);
}

TEST_CASE("shapes that cannot be are refused") {
  CHECK_FALSE(synthetic_routing({1, 4, 5}, 1));
  CHECK_FALSE(synthetic_routing({0, 4, 2}, 1));
  CHECK(synthetic_routing({1, 4, 4}, 3));
}
