// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>
#include <engine/router.hpp>
#include <engine/thread_team.hpp>

using namespace moesaic;
using namespace moesaic::decoder;

TEST_CASE("a team runs every piece of every job once, whatever their number") {
  for (const unsigned threads : {1U, 2U, 5U}) {
    thread_team team(threads);
    CHECK(team.size() == threads);
    std::vector<std::atomic<int>> done(1'000);
    std::atomic<unsigned> strangers{0};
    for (std::uint32_t job = 0; job < 2'000; ++job) {
      const std::uint32_t pieces = job % 7 == 0 ? job % 1'000 : job % 9;
      for (std::uint32_t i = 0; i < pieces; ++i) done[i] = 0;
      std::vector<std::uint32_t> plain(pieces);  // written without a lock: the team's hand-over has to order it
      team.run(pieces, [&](std::uint32_t piece, unsigned member) {
        ++done[piece];
        plain[piece] = job + piece;
        if (member >= threads) ++strangers;
      });
      for (std::uint32_t i = 0; i < pieces; ++i) {
        REQUIRE(done[i] == 1);
        REQUIRE(plain[i] == job + i);
      }
    }
    CHECK(strangers == 0);
  }
}

TEST_CASE("a router ranks by probability, and the lower expert wins a tie") {
  router_options o;
  o.experts = 5;
  o.top_k = 3;
  std::array<float, 5> logits{1, 3, 3, 0, 3};
  std::array<expert_index, 3> chosen{};
  std::array<float, 3> weights{};
  choose_experts(o, logits, chosen, weights);
  CHECK(number(chosen[0]) == 1);
  CHECK(number(chosen[1]) == 2);
  CHECK(number(chosen[2]) == 4);
  for (const float w : weights) CHECK(w == doctest::Approx(1.0 / 3));

  logits = {0, 1, 2, 3, 4};
  o.top_k = 2;
  o.renormalise = false;
  o.scale = 2;
  choose_experts(o, logits, std::span(chosen).first(2), std::span(weights).first(2));
  CHECK(number(chosen[0]) == 4);
  CHECK(number(chosen[1]) == 3);
  const double sum = 1 + std::exp(1.0) + std::exp(2.0) + std::exp(3.0) + std::exp(4.0);
  CHECK(weights[0] == doctest::Approx(2 * std::exp(4.0) / sum));
  CHECK(weights[1] == doctest::Approx(2 * std::exp(3.0) / sum));
}

TEST_CASE("logits that are no numbers still choose distinct experts of the layer") {
  router_options o;
  o.experts = 4;
  o.top_k = 4;
  std::array<float, 4> logits{NAN, INFINITY, -INFINITY, NAN};
  std::array<expert_index, 4> chosen{};
  std::array<float, 4> weights{};
  choose_experts(o, logits, chosen, weights);
  unsigned seen = 0;
  for (const expert_index e : chosen) seen |= 1U << number(e);
  CHECK(seen == 0b1111U);
}
