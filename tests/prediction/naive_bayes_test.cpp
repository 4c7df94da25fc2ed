// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <utility>

#include <moesaic/prediction/naive_bayes.hpp>

#include "prediction/golden.hpp"
#include "prediction/slow_evidence.hpp"
#include "prediction/step_bench.hpp"

namespace {
using namespace moesaic_test;
using prediction::naive_bayes;

TEST_CASE("naive_bayes: what is likelier than usual after an expert is expected after it, not what is frequent anyway") {
  step_bench b(naive_bayes{.horizon = 1, .sources = 1, .weight = 100}, 2, 8, 1);
  // 5 is the most frequent by far; after 1 mostly 6 follows, after 2 mostly 7.
  for (int i = 0; i < 60; ++i) {
    b.step({{1}, {i % 3 == 0 ? 5U : 6U}});
    b.step({{2}, {i % 3 == 0 ? 5U : 7U}});
    b.step({{3}, {5}});
    b.step({{3}, {5}});
  }
  b.use(0, {1});
  CHECK(b.expects(1) == expert_set{6});
  b.use(1, {5});
  b.use(0, {2});
  CHECK(b.expects(1) == expert_set{7});
  CHECK(b.confidence(1, 7) >= 1 << 20);  // above the border
}

TEST_CASE("naive_bayes: without a source the most used is expected; never used is never expected") {
  step_bench b(naive_bayes{.most = 8}, 2, 8, 1);
  for (const std::uint32_t e : {4U, 4U, 3U}) b.use(1, {e});
  b.use(0, {0});
  CHECK(b.expects(1) == expert_set{4, 3});
}

struct log_of_uses {
  void hear(const layer_event&) {}
  [[nodiscard]] std::optional<std::int64_t> score(std::uint32_t, std::uint32_t, std::int64_t uses) const {
    if (uses == 0) return std::nullopt;
    return slow_log2(static_cast<std::uint64_t>(uses));
  }
};

TEST_CASE("naive_bayes: agrees with its slow twin") {
  agrees_with_its_twin([](splitmix& dice) {
    const std::uint32_t most = dice.below(5), horizon = dice.between(1, 4), sources = dice.between(1, 3), weight = dice.between(0, 150);
    return std::pair(naive_bayes{most, horizon, sources, weight}, slow_evidence(most, horizon, sources, weight, log_of_uses{}));
  });
}

TEST_CASE("naive_bayes: finds what another program counted") { golden::agree("naive_bayes", naive_bayes{}); }

}  // namespace
