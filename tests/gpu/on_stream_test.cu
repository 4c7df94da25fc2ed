// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include <moesaic/cuda/on_stream.cuh>
#include <moesaic/scoring/hysteresis.hpp>

#include "support/device_bench.cuh"
#include "support/device_work_checks.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;

std::vector<routing_case> cases_for_devices() {
  auto all = made_up_cases();
  for (const char* name : {"gptoss20b_6x96.bin", "dsv2lite_law_2x128.bin"})
    for (routing_case& one : recorded_cases(std::string(MOESAIC_TEST_DATA "/traces/") + name, 9, 60)) all.push_back(std::move(one));
  return all;
}

TEST_CASE("device work on a stream gives the CPU's answers") {
  const auto bench = device_bench::open();
  if (!bench) return;
  for (const routing_case& one : cases_for_devices()) {
    CAPTURE(one.name);
    CAPTURE(one.tokens);
    CAPTURE(one.experts);
    check_distinct<std::int32_t>(*bench, one, mc::distinct_experts_workspace(one.experts), [](const auto&... given) { return mc::distinct_experts(given...); });
    check_permutation<std::int32_t>(*bench, one, mc::expert_permutation_workspace(one.tokens, one.k, one.experts),
                                    [](const auto&... given) { return mc::expert_permutation(given...); });
    for (const std::uint32_t layers : {1U, 3U})
      check_window<std::int32_t>(*bench, one, layers, mc::window_forecast_workspace(one.tokens / layers, layers, one.k, one.experts),
                                 [](const auto&... given) { return mc::window_forecast(given...); });
    bench->forget();
  }
}

TEST_CASE("utilities, the best of them, and lookups on a stream give the CPU's answers") {
  const auto bench = device_bench::open();
  if (!bench) return;
  splitmix random{31};
  for (int round = 0; round < 60; ++round) {
    const std::uint32_t experts = random.between(1, random.chance(200) ? 1'025 : 140);
    const hysteresis_step step{5, 3, 1};
    std::vector<utility> before, after, worth;
    std::vector<demand> wanted;
    for (std::uint32_t e = 0; e < experts; ++e) {
      before.push_back({std::int64_t{random.below(6)}});
      const std::uint32_t tokens = random.chance(400) ? random.between(1, 9) : 0;
      if (tokens != 0) wanted.push_back({static_cast<expert_index>(e), tokens, {}});
      after.push_back({std::int64_t{step.moved(static_cast<std::uint32_t>(before.back().count), tokens)}});
      worth.push_back(random.chance(100) ? utility::lowest() : utility{std::int64_t{random.below(20)} - 10});
    }
    check_update(*bench, mc::hysteresis_of_tokens{step}, wanted, before, after);
    check_top(*bench, worth, 1, random.below(experts + 1));
    const expert_space space(3, experts);
    std::vector<std::uint64_t> table(space.size(), mc::absent_slot);
    for (std::uint64_t& slot : table)
      if (random.chance(500)) slot = std::uint64_t{random.below(1'000)} << 21U;
    check_lookup(*bench, table, space, layer_index{2}, wanted, static_cast<std::uint32_t>(wanted.size()));
    bench->forget();
  }
}

TEST_CASE("a captured graph does the work again for what lies in memory then") {
  const auto bench = device_bench::open();
  if (!bench) return;
  constexpr std::uint32_t tokens = 5, k = 4, experts = 64;
  const auto ids = bench->room<std::int32_t>(tokens * k);
  const auto wanted = bench->room<demand>(tokens * k);
  const auto count = bench->room<std::uint32_t>(1);
  const auto workspace = bench->bare(mc::distinct_experts_workspace(experts));
  const auto worth = bench->put(std::vector<utility>(experts));
  const auto best = bench->room<expert_index>(8);

  cudaGraph_t graph = nullptr;
  cudaGraphExec_t again = nullptr;
  REQUIRE(cudaStreamBeginCapture(bench->native(), cudaStreamCaptureModeGlobal) == cudaSuccess);
  const result<void> found = mc::distinct_experts(bench->where, mc::routed<std::int32_t>{tokens, k, ids, {}}, experts, workspace, {wanted, count.data()});
  const result<void> moved = mc::utility_update(bench->where, mc::hysteresis_of_tokens{{5, 1, 1}}, wanted, count.data(), worth);
  const result<void> chosen = mc::utility_top(bench->where, worth, 1, best);
  REQUIRE(cudaStreamEndCapture(bench->native(), &graph) == cudaSuccess);
  REQUIRE(found);
  REQUIRE(moved);
  REQUIRE(chosen);
  REQUIRE(cudaGraphInstantiate(&again, graph, 0) == cudaSuccess);

  splitmix random{41};
  std::vector<utility> expected(experts);
  for (int round = 0; round < 10; ++round) {
    std::vector<std::int32_t> routed;
    std::vector<std::uint32_t> counted(experts);
    for (std::uint32_t i = 0; i < tokens * k; ++i) {
      const std::uint32_t e = random.below(16);
      routed.push_back(static_cast<std::int32_t>(e));
      ++counted[e];
    }
    for (std::uint32_t e = 0; e < experts; ++e)
      expected[e] = {std::int64_t{hysteresis_step{5, 1, 1}.moved(static_cast<std::uint32_t>(expected[e].count), counted[e])}};
    bench->fill(ids, routed);
    REQUIRE(cudaGraphLaunch(again, bench->native()) == cudaSuccess);
    const bool same = bench->back<utility>(worth) == expected;
    CHECK(same);
    const auto first = bench->back<expert_index>(best)[0];
    CHECK(expected[number(first)] == *std::max_element(expected.begin(), expected.end()));
  }
  CHECK(cudaGraphExecDestroy(again) == cudaSuccess);
  CHECK(cudaGraphDestroy(graph) == cudaSuccess);
}

__global__ void nothing() {}
struct leave_alone {
  __host__ __device__ void operator()(std::uint32_t) const noexcept {}
};

TEST_SUITE_BEGIN("wrong on purpose");  // sanitize.sh leaves it out

TEST_CASE("an earlier failure that nobody asked for is told as such, and left to whom it concerns") {
  (void)cudaGetLastError();
  const bool clean = cudaPeekAtLastError() == cudaSuccess;  // without a driver that is an error too
  CHECK(bool(mc::detail::nothing_before()) == clean);
  const cudaError_t refused = cudaSetDevice(1'000'000);  // with a device or without
  REQUIRE(refused != cudaSuccess);
  const result<void> before = mc::detail::nothing_before();
  REQUIRE(!before);
  CHECK(before.error().sentence().find("an earlier call or launch of this thread has failed") != std::string_view::npos);
  CHECK(before.error().sentence().find(cudaGetErrorString(refused)) != std::string_view::npos);
  CHECK(cudaPeekAtLastError() == refused);
  if (const auto bench = device_bench::open(); bench) {
    (void)cudaSetDevice(1'000'000);
    std::uint32_t launches = 0;
    for (const result<void>& ran : {bench->where.each(1, leave_alone{}), bench->where.launch(&nothing, 1, 32, 0), bench->where.clear({})}) {
      ++launches;
      REQUIRE(!ran);
      CHECK(cudaPeekAtLastError() == refused);
    }
    CHECK(launches == 3);
    CHECK(cudaGetLastError() == refused);
    CHECK(bench->where.each(1, leave_alone{}));
  }
  (void)cudaGetLastError();
  CHECK(bool(mc::detail::nothing_before()) == clean);
}

TEST_CASE("a launch that the device refuses is an error, and leaves nothing behind") {
  const auto bench = device_bench::open();
  if (!bench) return;
  const result<void> ran = bench->where.launch(&nothing, 1, 4'096, 0);  // more threads than a block can have
  REQUIRE(!ran);
  CHECK(ran.error().sentence().find("a kernel of 1 blocks") != std::string_view::npos);
  CHECK(cudaPeekAtLastError() == cudaSuccess);
  CHECK(bench->where.launch(&nothing, 1, 32, 0));
}

TEST_SUITE_END();

}  // namespace
