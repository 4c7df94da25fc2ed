// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/cuda/window_forecast.hpp>

#include "support/device_work_checks.hpp"
#include "support/workplaces.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;

constexpr auto run = [](const auto& where, const auto& from, std::uint32_t experts, std::span<std::byte> workspace, const mc::window_output& out) {
  return mc::window_forecast(where, from, experts, workspace, out);
};
template <class Id, class Where>
void check(const Where& where, const routing_case& one, std::uint32_t layers) {
  CAPTURE(one.name);
  CAPTURE(one.tokens);
  CAPTURE(one.experts);
  CAPTURE(layers);
  host_bench<Where> bench{where};
  check_window<Id>(bench, one, layers, mc::window_forecast_workspace(one.tokens / layers, layers, one.k, one.experts), run);
}

TEST_CASE("a window's forecast is draft_routes', row by row, in the same order") {
  for (const routing_case& one : made_up_cases())
    for (const std::uint32_t layers : {1U, 3U}) {
      check<expert_index>(mc::on_host{}, one, layers);
      check<std::int32_t>(mc::on_host{}, one, layers);
    }
}

TEST_CASE("a window's forecast does not depend on the order of threads") {
  for (const routing_case& one : made_up_cases()) {
    check<std::int32_t>(out_of_order{one.tokens}, one, 2);
    if (one.tokens < 300) check<std::int64_t>(in_threads{}, one, 1);
  }
}

TEST_CASE("the forecast of recorded windows") {
  for (const char* name : {"gptoss20b_6x96.bin", "dsv2lite_law_2x128.bin"})
    for (const std::uint32_t window : {1U, 4U, 9U, 70U}) {
      const auto cases = recorded_cases(std::string(MOESAIC_TEST_DATA "/traces/") + name, window, 300);
      REQUIRE(cases.size() >= 48);
      for (const routing_case& one : cases) check<std::uint32_t>(mc::on_host{}, one, 1);
    }
}

TEST_CASE("first uses, rows and confidence of a window written by hand") {
  // Two rows of two layers, two choices each.
  const std::vector<std::int32_t> ids{5, 2, /*layer 1*/ 7, 7, /*row 1*/ 2, 6, /*layer 1*/ -1, 0};
  const std::vector<float> weights{0.75F, 0.25F, 0.5F, 0.5F, 0.5F, 0.5F, 1.0F, 0.125F};
  host_bench<mc::on_host> bench;
  std::vector<mc::expected_expert> expected(8);
  std::vector<std::uint32_t> counts(2);
  REQUIRE(mc::window_forecast(bench.where, mc::drafted_routes<std::int32_t>{2, 2, 2, ids, weights}, 8, bench.bare(mc::window_forecast_workspace(2, 2, 2, 8)),
                              {expected, counts}));
  CHECK(counts == std::vector<std::uint32_t>{3, 2});
  CHECK(expected[0] == mc::expected_expert{0b01, {49'152}, expert_index{5}});
  CHECK(expected[1] == mc::expected_expert{0b11, {32'768}, expert_index{2}});
  CHECK(expected[2] == mc::expected_expert{0b10, {32'768}, expert_index{6}});
  CHECK(expected[4] == mc::expected_expert{0b01, {32'768}, expert_index{7}});
  CHECK(expected[5] == mc::expected_expert{0b10, {8'192}, expert_index{0}});
  CHECK(expected[1].first_row() == draft_length{0});
  CHECK(expected[2].first_row() == draft_length{1});
}

TEST_CASE("what does not fit is said before anything runs") {
  host_bench<mc::on_host> bench;
  const std::vector<std::int32_t> ids(8, 1);
  const std::vector<float> weights(8, 0.25F);
  const auto enough = bench.bare(mc::window_forecast_workspace(2, 2, 2, 8));
  std::vector<mc::expected_expert> expected(8);
  std::vector<std::uint32_t> counts(2, 77);
  std::uint32_t launches = 0;
  const auto said = [&](const mc::drafted_routes<std::int32_t>& from, std::uint32_t experts, std::span<std::byte> workspace, const mc::window_output& out) {
    const result<void> ran = mc::window_forecast(refusing{1'000, launches}, from, experts, workspace, out);
    REQUIRE(!ran);
    CHECK(ran.error().code() == error_code::bad_argument);
    return std::string(ran.error().sentence());
  };
  const auto has = [](const std::string& sentence, std::string_view part) { return sentence.find(part) != std::string::npos; };
  const mc::drafted_routes<std::int32_t> good{2, 2, 2, ids, weights};
  const mc::window_output out{expected, counts};
  CHECK(has(said({2, 3, 2, ids, {}}, 8, enough, out), "the router's ids has to have 12 entries and has 8"));
  CHECK(has(said({2, 2, 2, ids, std::span(weights).first(7)}, 8, enough, out), "the router's weights has to have 8 entries and has 7"));
  CHECK(has(said({2, 0, 2, {}, {}}, 8, enough, out), "at least 1 layer"));
  CHECK(has(said({1U << 20U, 1U << 20U, 2, ids, {}}, 8, enough, out), "do not fit one call"));
  CHECK(has(said({1, 1U << 20U, 2, ids, {}}, 60'000, enough, out), "do not fit one call"));
  CHECK(has(said(good, 0, enough, out), "1 to 65535 experts"));
  CHECK(has(said(good, 8, enough.first(enough.size() - 1), out), "needs a workspace of"));
  CHECK(has(said(good, 8, enough, {std::span(expected).first(7), counts}), "room for the expected has to have at least 8 entries and has 7"));
  CHECK(has(said(good, 8, enough, {expected, std::span(counts).first(1)}), "the counts has to have at least 2 entries and has 1"));
  CHECK(launches == 0);
  CHECK(counts == std::vector<std::uint32_t>(2, 77));
}

// 2^31 rows of 4 are no 0 ids, although 32 bits say so.
static_assert(mc::window_width(1U << 31U, 4, 8) == 8);
static_assert(mc::window_forecast_workspace(1U << 31U, 1, 4, 8) == std::numeric_limits<std::size_t>::max());

TEST_CASE("a refused launch ends it") {
  host_bench<mc::on_host> bench;
  const std::vector<std::int32_t> ids{1, 2};
  std::vector<mc::expected_expert> expected(2);
  std::vector<std::uint32_t> counts(1);
  const auto workspace = bench.bare(mc::window_forecast_workspace(1, 1, 2, 8));
  std::uint32_t refused = 0;
  for (;; ++refused) {
    std::uint32_t launches = 0;
    const result<void> ran =
        mc::window_forecast(refusing{refused, launches}, mc::drafted_routes<std::int32_t>{1, 1, 2, ids, {}}, 8, workspace, {expected, counts});
    if (ran) break;
    CHECK(ran.error().sentence() == "refused");
    CHECK(launches == refused + 1);
  }
  CHECK(refused == 4);
}

}  // namespace
