// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/cuda/distinct_experts.hpp>

#include "support/device_work_checks.hpp"
#include "support/workplaces.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;

constexpr auto run = [](const auto& where, const auto& from, std::uint32_t experts, std::span<std::byte> workspace, const mc::distinct_output& out) {
  return mc::distinct_experts(where, from, experts, workspace, out);
};
template <class Id, class Where>
void check(const Where& where, const routing_case& one) {
  CAPTURE(one.name);
  CAPTURE(one.tokens);
  CAPTURE(one.experts);
  host_bench<Where> bench{where};
  check_distinct<Id>(bench, one, mc::distinct_experts_workspace(one.experts), run);
}

TEST_CASE("distinct experts are demand_collector's, whatever type ids have") {
  for (const routing_case& one : made_up_cases()) {
    check<expert_index>(mc::on_host{}, one);
    check<std::int32_t>(mc::on_host{}, one);
    check<std::uint32_t>(mc::on_host{}, one);
    check<std::int64_t>(mc::on_host{}, one);
  }
}

TEST_CASE("distinct experts do not depend on the order of threads") {
  for (const routing_case& one : made_up_cases()) {
    check<std::int32_t>(out_of_order{one.tokens}, one);
    if (one.tokens < 300) check<expert_index>(in_threads{}, one);
  }
}

TEST_CASE("distinct experts of recorded routing") {
  for (const char* name : {"gptoss20b_6x96.bin", "dsv2lite_law_2x128.bin"})
    for (const std::uint32_t window : {1U, 5U, 64U}) {
      const auto cases = recorded_cases(std::string(MOESAIC_TEST_DATA "/traces/") + name, window, 600);
      REQUIRE(cases.size() >= 48);
      for (const routing_case& one : cases) check<std::int32_t>(mc::on_host{}, one);
    }
}

TEST_CASE("the mass of a long prefill saturates") {
  const routing_case one{"all on one", 70'000, 1, 2, std::vector<std::uint16_t>(70'000, 1), std::vector<float>(70'000, 1.0F)};
  check<std::int32_t>(mc::on_host{}, one);
  check<std::int32_t>(in_threads{2}, one);
}

TEST_CASE("ids far outside are not routed") {
  const std::vector<std::int64_t> ids{-1, std::int64_t{1} << 32U, (std::int64_t{1} << 32U) + 3, std::numeric_limits<std::int64_t>::min(), 3};
  host_bench<mc::on_host> bench;
  std::vector<demand> wanted(5);
  std::uint32_t count = 0;
  REQUIRE(mc::distinct_experts(bench.where, mc::routed<std::int64_t>{5, 1, ids, {}}, 8, bench.bare(mc::distinct_experts_workspace(8)), {wanted, &count}));
  CHECK(count == 1);
  CHECK(wanted[0].expert == expert_index{3});
  CHECK(wanted[0].tokens == 1);
}

TEST_CASE("what does not fit is said before anything runs") {
  host_bench<mc::on_host> bench;
  const std::vector<std::int32_t> ids{1, 2, 3, 4};
  const std::vector<float> weights(4, 0.25F);
  const auto enough = bench.bare(mc::distinct_experts_workspace(8));
  const auto wanted = bench.room<demand>(4);
  std::uint32_t count = 77;
  std::uint32_t launches = 0;
  const auto said = [&](const mc::routed<std::int32_t>& from, std::uint32_t experts, std::span<std::byte> workspace, const mc::distinct_output& out) {
    const result<void> ran = mc::distinct_experts(refusing{1'000, launches}, from, experts, workspace, out);
    REQUIRE(!ran);
    CHECK(ran.error().code() == error_code::bad_argument);
    return std::string(ran.error().sentence());
  };
  const auto has = [](const std::string& sentence, std::string_view part) { return sentence.find(part) != std::string::npos; };
  const mc::routed<std::int32_t> good{2, 2, ids, weights};
  const mc::distinct_output out{wanted, &count};
  CHECK(has(said({3, 2, ids, {}}, 8, enough, out), "the router's ids has to have 6 entries and has 4"));
  CHECK(has(said({2, 2, ids, std::span(weights).first(3)}, 8, enough, out), "the router's weights has to have 4 entries and has 3"));
  CHECK(has(said({1U << 31U, 2, ids, {}}, 8, enough, out), "please split the tokens"));
  CHECK(has(said(good, 0, enough, out), "1 to 65535 experts, but 0"));
  CHECK(has(said(good, 65'536, enough, out), "65536 were given"));
  CHECK(has(said(good, 8, enough.first(enough.size() - 1), out), "needs a workspace of"));
  CHECK(has(said(good, 8, enough.subspan(1), out), "needs a workspace of"));
  const auto larger = bench.bare(mc::distinct_experts_workspace(8) + 16);
  CHECK(has(said(good, 8, larger.subspan(1), out), "multiple of 16 bytes"));
  CHECK(has(said(good, 8, enough, {wanted.first(3), &count}), "room for the demands has to have at least 4 entries and has 3"));
  CHECK(has(said(good, 8, enough, {wanted, nullptr}), "the address of the count is null"));
  CHECK(launches == 0);
  CHECK(count == 77);
}

TEST_CASE("a refused launch ends it") {
  host_bench<mc::on_host> bench;
  const std::vector<std::int32_t> ids{1, 2};
  const auto workspace = bench.bare(mc::distinct_experts_workspace(8));
  const auto wanted = bench.room<demand>(2);
  std::uint32_t count = 0;
  std::uint32_t refused = 0;
  for (;; ++refused) {
    std::uint32_t launches = 0;
    const result<void> ran = mc::distinct_experts(refusing{refused, launches}, mc::routed<std::int32_t>{2, 1, ids, {}}, 8, workspace, {wanted, &count});
    if (ran) break;
    CHECK(ran.error().sentence() == "refused");
    CHECK(launches == refused + 1);
  }
  CHECK(refused == 3);
}

}  // namespace
