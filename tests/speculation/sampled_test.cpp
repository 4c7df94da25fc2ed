// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <moesaic/speculation/greedy.hpp>
#include <moesaic/speculation/sampled.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;
using speculation::sampled;
using distribution = std::vector<double>;

/// Logits whose softmax at temperature 1 is `p`; probability 0 becomes minus infinity.
std::vector<float> logits_of(const distribution& p) {
  std::vector<float> row;
  for (const double x : p) row.push_back(x > 0 ? static_cast<float>(std::log(x)) : -std::numeric_limits<float>::infinity());
  return row;
}
std::vector<float> as_floats(const distribution& q) { return {q.begin(), q.end()}; }

std::size_t draw(const distribution& q, moesaic_test::splitmix& dice) {
  double left = static_cast<double>(dice() >> 11U) * 0x1p-53;
  for (std::size_t i = 0; i + 1 < q.size(); ++i)
    if ((left -= q[i]) < 0) return i;
  return q.size() - 1;
}

/// Chi-square of counts against a law; what cannot happen must not.
double chi_square(const std::vector<std::uint64_t>& counts, const distribution& law) {
  double total = 0, sum = 0;
  for (const std::uint64_t n : counts) total += static_cast<double>(n);
  for (std::size_t i = 0; i < law.size(); ++i) {
    const double expected = law[i] * total;
    if (expected == 0)
      sum += counts[i] == 0 ? 0 : std::numeric_limits<double>::infinity();
    else
      sum += (static_cast<double>(counts[i]) - expected) * (static_cast<double>(counts[i]) - expected) / expected;
  }
  return sum;
}

const distribution p{0.35, 0.05, 0.2, 0.1, 0.0, 0.15, 0.05, 0.1};
const distribution q{0.1, 0.3, 0.2, 0.05, 0.15, 0.1, 0.1, 0.0};
// With 7 degrees of freedom (6 where one outcome is impossible) chi-square exceeds this in one of 10,000 runs.
constexpr double limit = 29.9;
constexpr int runs = 200'000;

TEST_CASE("sampled: without a draft the law is the model's") {
  sampled rule{.seed = 1};
  std::vector<std::uint64_t> counts(8);
  const auto row = logits_of(p);
  for (int i = 0; i < runs; ++i) ++counts[static_cast<std::size_t>(rule.choose(row))];
  CHECK(chi_square(counts, p) < limit);
}

TEST_CASE("sampled: with a draft from another distribution the law is still the model's, token by token") {
  sampled rule{.seed = 2};
  moesaic_test::splitmix dice{2};
  std::vector<std::uint64_t> counts(8), behind(8);
  std::uint64_t accepted = 0;
  const auto row = logits_of(p);
  const auto probabilities = as_floats(q);
  for (int i = 0; i < runs; ++i) {
    const std::size_t x = draw(q, dice);
    if (rule.accepts(row, {static_cast<token_id>(x), probabilities[x], probabilities})) {
      ++accepted;
      ++counts[x];
      ++behind[static_cast<std::size_t>(rule.choose(row))];  // the bonus token
    } else {
      ++counts[static_cast<std::size_t>(rule.choose(row))];
    }
  }
  CHECK(chi_square(counts, p) < limit);
  CHECK(chi_square(behind, p) < limit);
  // Accepted with probability sum of min(p, q) = 0.55, so 110,000 times; standard deviation 222.
  CHECK(std::abs(static_cast<double>(accepted) - 0.55 * runs) < 4 * 222);
}

TEST_CASE("sampled: a window of two drafted tokens has the joint law of two draws") {
  // The second row depends on the first token: p for even ones, p backwards for odd ones.
  const distribution reversed(p.rbegin(), p.rend());
  const auto row_behind = [&](std::size_t first) { return logits_of(first % 2 == 0 ? p : reversed); };
  const auto probabilities = as_floats(q);
  sampled rule{.seed = 3};
  moesaic_test::splitmix dice{3};
  std::vector<std::uint64_t> counts(64);
  distribution law;
  for (std::size_t a = 0; a < 8; ++a)
    for (std::size_t b = 0; b < 8; ++b) law.push_back(p[a] * (a % 2 == 0 ? p : reversed)[b]);
  for (int i = 0; i < runs; ++i) {
    const std::size_t drafted[2] = {draw(q, dice), draw(q, dice)};
    std::vector<std::size_t> out;
    auto row = logits_of(p);
    for (const std::size_t x : drafted) {
      if (!rule.accepts(row, {static_cast<token_id>(x), probabilities[x], probabilities})) break;
      out.push_back(x);
      row = row_behind(x);
    }
    out.push_back(static_cast<std::size_t>(rule.choose(row)));
    if (out.size() == 1) out.push_back(static_cast<std::size_t>(rule.choose(row_behind(out[0]))));  // the next step
    ++counts[out[0] * 8 + out[1]];
  }
  CHECK(chi_square(counts, law) < 115);  // 63 degrees of freedom: one of 10,000 runs is above 113.5
}

TEST_CASE("sampled: a drafter without probabilities counts as certain") {
  sampled rule{.seed = 4};
  std::vector<std::uint64_t> counts(8);
  std::uint64_t accepted = 0;
  const auto row = logits_of(p);
  for (int i = 0; i < runs; ++i) {
    if (rule.accepts(row, {.token = 2})) {
      ++accepted;
      ++counts[2];
    } else {
      const token_id t = rule.choose(row);
      CHECK(t != 2);
      ++counts[static_cast<std::size_t>(t)];
    }
  }
  CHECK(chi_square(counts, p) < limit);
  CHECK(std::abs(static_cast<double>(accepted) - 0.2 * runs) < 4 * 179);
}

TEST_CASE("sampled: temperature flattens or sharpens") {
  const auto row = logits_of({0.64, 0.32, 0.04});
  const auto law = [&](float temperature) {
    distribution d;
    double sum = 0;
    for (const float x : row) sum += std::exp(static_cast<double>(x / temperature));
    for (const float x : row) d.push_back(std::exp(static_cast<double>(x / temperature)) / sum);
    return d;
  };
  for (const float temperature : {0.5F, 2.0F}) {
    sampled rule{.temperature = temperature, .seed = 5};
    std::vector<std::uint64_t> counts(3);
    for (int i = 0; i < runs; ++i) ++counts[static_cast<std::size_t>(rule.choose(row))];
    CHECK(chi_square(counts, law(temperature)) < 18.4);  // 2 degrees of freedom
    CHECK(chi_square(counts, law(1)) > 1'000);
  }
}

TEST_CASE("sampled: top_p keeps the most probable tokens that together hold it, of equals the lower id") {
  // Sorted: 0 (.35), 2 (.2), 5 (.15), 3 and 7 (.1 each), 1 and 6 (.05 each).
  const auto law_of = [&](float top_p) {
    sampled rule{.top_p = top_p, .seed = 6};
    std::vector<std::uint64_t> counts(8);
    for (int i = 0; i < runs; ++i) ++counts[static_cast<std::size_t>(rule.choose(logits_of(p)))];
    return counts;
  };
  CHECK(chi_square(law_of(0.5F), {0.35 / 0.55, 0, 0.2 / 0.55, 0, 0, 0, 0, 0}) < limit);
  CHECK(chi_square(law_of(0.75F), {0.35 / 0.8, 0, 0.2 / 0.8, 0.1 / 0.8, 0, 0.15 / 0.8, 0, 0}) < limit);
  CHECK(chi_square(law_of(0.01F), {1, 0, 0, 0, 0, 0, 0, 0}) < limit);
}

TEST_CASE("sampled: with top_p a draft keeps the law of the cut distribution") {
  sampled rule{.top_p = 0.5F, .seed = 7};
  moesaic_test::splitmix dice{7};
  std::vector<std::uint64_t> counts(8);
  const auto row = logits_of(p);
  const auto probabilities = as_floats(q);
  for (int i = 0; i < runs; ++i) {
    const std::size_t x = draw(q, dice);
    const bool stands = rule.accepts(row, {static_cast<token_id>(x), probabilities[x], probabilities});
    ++counts[stands ? x : static_cast<std::size_t>(rule.choose(row))];
  }
  CHECK(chi_square(counts, {0.35 / 0.55, 0, 0.2 / 0.55, 0, 0, 0, 0, 0}) < limit);
}

TEST_CASE("sampled: the suite's chi-square would notice rules that are wrong") {
  // Without the residual (a rejected draft replaced by a draw from p) the law is visibly another one.
  sampled rule{.seed = 8};
  moesaic_test::splitmix dice{8};
  std::vector<std::uint64_t> counts(8);
  const auto row = logits_of(p);
  const auto probabilities = as_floats(q);
  for (int i = 0; i < runs; ++i) {
    const std::size_t x = draw(q, dice);
    if (rule.accepts(row, {static_cast<token_id>(x), probabilities[x], probabilities})) {
      ++counts[x];
    } else {
      static_cast<void>(rule.choose(row));  // the residual, thrown away
      ++counts[static_cast<std::size_t>(rule.choose(row))];
    }
  }
  CHECK(chi_square(counts, p) > 1'000);
}

TEST_CASE("sampled: temperature 0 is greedy, with and without drafts") {
  moesaic_test::splitmix dice{9};
  sampled rule{.temperature = 0, .seed = 9};
  const speculation::greedy greedy;
  for (int i = 0; i < 2'000; ++i) {
    std::vector<float> row;
    for (int j = 0; j < 6; ++j) row.push_back(static_cast<float>(dice.below(4)));
    const drafted_token drafted{.token = static_cast<token_id>(dice.below(6))};
    const bool stands = greedy.accepts(row, drafted);
    CHECK(rule.accepts(row, drafted) == stands);
    CHECK(rule.choose(row) == greedy.choose(row));
  }
}

TEST_CASE("sampled: seeds, and rows that are not what they should be") {
  const auto run = [](std::uint64_t seed) {
    sampled rule{.seed = seed};
    std::vector<token_id> tokens;
    for (int i = 0; i < 50; ++i) tokens.push_back(rule.choose(logits_of(p)));
    return tokens;
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));

  sampled rule;
  constexpr float no_number = std::numeric_limits<float>::quiet_NaN();
  for (int i = 0; i < 100; ++i) CHECK(rule.choose(std::array{no_number, 1.0F, no_number}) == 1);
  CHECK(rule.choose(std::array{no_number, no_number}) == 0);
  CHECK(rule.choose(std::array{0.0F, std::numeric_limits<float>::infinity()}) == 1);
  CHECK(rule.choose({}) == 0);
  for (const token_id stranger : {-1, 3, 1'000'000}) {
    CHECK_FALSE(rule.accepts(std::array{0.0F, 0.0F, 0.0F}, {.token = stranger}));
    CHECK(rule.choose(std::array{0.0F, 0.0F, 0.0F}) < 3);
  }
  // p = q: accepted always, whatever the rounding.
  const auto row = logits_of(p);
  const auto same = as_floats(p);
  std::uint64_t fallen = 0;
  moesaic_test::splitmix dice{10};
  for (int i = 0; i < 100'000; ++i) {
    const std::size_t x = draw(p, dice);
    if (rule.accepts(row, {static_cast<token_id>(x), same[x], same})) continue;
    ++fallen;
    CHECK(p[static_cast<std::size_t>(rule.choose(row))] > 0);
  }
  CHECK(fallen < 5);
}

}  // namespace
