// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>

#include <moesaic/cuda/distinct_experts.cuh>

#include "support/device_bench.cuh"
#include "support/device_work_checks.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;

constexpr auto in_one_kernel = [](const auto& where, const auto& from, std::uint32_t experts, std::span<std::byte> workspace, const mc::distinct_output& out) {
  return mc::fused::distinct_experts(where, from, experts, workspace, out);
};

TEST_CASE("distinct experts in one kernel are demand_collector's") {
  const auto bench = device_bench::open();
  if (!bench) return;
  splitmix random{21};
  auto cases = made_up_cases();
  cases.push_back(random_case(random, 4'096, 8, 256));
  cases.push_back(random_case(random, 60'001, 9, mc::fused::most_distinct_experts));
  cases.push_back({"all on one", 70'000, 1, 2, std::vector<std::uint16_t>(70'000, 1), std::vector<float>(70'000, 1.0F)});
  for (const routing_case& one : cases) {
    CAPTURE(one.name);
    CAPTURE(one.tokens);
    CAPTURE(one.experts);
    const std::size_t workspace = mc::fused::distinct_experts_workspace(one.tokens, one.k, one.experts);
    check_distinct<std::int32_t>(*bench, one, workspace, in_one_kernel);
    check_distinct<expert_index>(*bench, one, workspace, in_one_kernel);
    bench->forget();
  }
}

TEST_CASE("more experts than a block has room for is an error") {
  const auto bench = device_bench::open();
  if (!bench) return;
  const std::vector<std::int32_t> ids{1};
  demand one{};
  std::uint32_t count = 0;
  const result<void> ran =
      mc::fused::distinct_experts(bench->where, mc::routed<std::int32_t>{1, 1, ids, {}}, mc::fused::most_distinct_experts + 1, {}, {{&one, 1}, &count});
  REQUIRE(!ran);
  CHECK(ran.error().code() == error_code::bad_argument);
}

// A device is not needed for what a shape asks for.
static_assert(mc::fused::distinct_experts_workspace(512, 8, 256) == 0);
static_assert(mc::fused::distinct_experts_workspace(513, 8, 256) == 256 * 12 + 16);
static_assert(mc::fused::distinct_experts_workspace(0, 8, 256) == 0);

}  // namespace
