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

}  // namespace
