// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <type_traits>

#include <moesaic/core/step_outcome.hpp>

namespace {
using namespace moesaic;

static_assert(std::is_trivially_copyable_v<step_outcome> && std::is_aggregate_v<step_outcome>);
static_assert(std::is_same_v<decltype(step_outcome::drafted), draft_length>);
static_assert(std::is_same_v<decltype(step_outcome::verifying), nanoseconds>);
static_assert(std::is_same_v<decltype(step_outcome::demanded), bytes>);

TEST_CASE("an outcome starts with nothing done") {
  const step_outcome nothing{};
  CHECK(nothing.committed == draft_length{0});
  CHECK(nothing.stalled == nanoseconds{0});
  CHECK(nothing.demanded + nothing.prefetched == bytes{0});
}

TEST_CASE("it can be written down by name") {
  const step_outcome step{.step = {4}, .drafted = {5}, .verified = {4}, .accepted = {2}, .committed = {3}};
  CHECK(step.committed - step.accepted == draft_length{1});
  CHECK(step.verified < step.drafted);
}

TEST_CASE("what is known of a draft: the verified tokens, and the first behind them where its fate is told") {
  step_outcome step{.drafted = {5}, .verified = {3}, .accepted = {3}, .committed = {4}};
  CHECK(step.judged() == 3);
  CHECK(step.stood() == 3);
  step.beyond = step_outcome::fate::fell;
  CHECK(step.judged() == 4);
  CHECK(step.stood() == 3);
  step.beyond = step_outcome::fate::stood;
  CHECK(step.stood() == 4);
}

}  // namespace
