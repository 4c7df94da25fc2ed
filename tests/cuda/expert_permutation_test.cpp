// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/cuda/expert_permutation.hpp>

#include "support/device_work_checks.hpp"
#include "support/workplaces.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;

constexpr auto run = [](const auto& where, const auto& from, std::uint32_t experts, std::span<std::byte> workspace, const mc::permutation_output& out) {
  return mc::expert_permutation(where, from, experts, workspace, out);
};
template <class Id, class Where>
void check(const Where& where, const routing_case& one, bool with_places = true) {
  CAPTURE(one.name);
  CAPTURE(one.tokens);
  CAPTURE(one.experts);
  host_bench<Where> bench{where};
  check_permutation<Id>(bench, one, mc::expert_permutation_workspace(one.tokens, one.k, one.experts), run, with_places);
}

TEST_CASE("ids are grouped by expert as a stable sort groups them, whatever type they have") {
  for (const routing_case& one : made_up_cases()) {
    check<expert_index>(mc::on_host{}, one);
    check<std::int32_t>(mc::on_host{}, one);
    check<std::uint32_t>(mc::on_host{}, one);
    check<std::int64_t>(mc::on_host{}, one, false);
  }
}

TEST_CASE("the grouping does not depend on the order of threads") {
  for (const routing_case& one : made_up_cases()) {
    check<std::int32_t>(out_of_order{one.tokens}, one);
    if (one.tokens < 300) check<expert_index>(in_threads{}, one);
  }
}

TEST_CASE("grouping of recorded routing") {
  for (const char* name : {"gptoss20b_6x96.bin", "dsv2lite_law_2x128.bin"})
    for (const std::uint32_t window : {1U, 5U, 64U}) {
      const auto cases = recorded_cases(std::string(MOESAIC_TEST_DATA "/traces/") + name, window, 600);
      REQUIRE(cases.size() >= 48);
      for (const routing_case& one : cases) check<std::int32_t>(mc::on_host{}, one);
    }
}

TEST_CASE("what does not fit is said before anything runs") {
  host_bench<mc::on_host> bench;
  const std::vector<std::int32_t> ids{1, 2, 3, 4};
  const auto enough = bench.bare(mc::expert_permutation_workspace(2, 2, 8));
  std::vector<std::uint32_t> offsets(9, 77), order(4, 77), places(4, 77);
  std::uint32_t launches = 0;
  const auto said = [&](const mc::routed<std::int32_t>& from, std::uint32_t experts, std::span<std::byte> workspace, const mc::permutation_output& out) {
    const result<void> ran = mc::expert_permutation(refusing{1'000, launches}, from, experts, workspace, out);
    REQUIRE(!ran);
    CHECK(ran.error().code() == error_code::bad_argument);
    return std::string(ran.error().sentence());
  };
  const auto has = [](const std::string& sentence, std::string_view part) { return sentence.find(part) != std::string::npos; };
  const mc::routed<std::int32_t> good{2, 2, ids, {}};
  const mc::permutation_output out{offsets, order, places};
  CHECK(has(said({3, 2, ids, {}}, 8, enough, out), "the router's ids has to have 6 entries and has 4"));
  CHECK(has(said(good, 0, enough, out), "1 to 65535 experts"));
  CHECK(has(said(good, 8, enough.first(enough.size() - 1), out), "needs a workspace of"));
  CHECK(has(said(good, 8, enough, {std::span(offsets).first(8), order, places}), "room for the offsets has to have at least 9 entries and has 8"));
  CHECK(has(said(good, 8, enough, {offsets, std::span(order).first(3), places}), "room for the order"));
  CHECK(has(said(good, 8, enough, {offsets, order, std::span(places).first(3)}), "room for the places"));
  const std::span<const std::int32_t> endless{ids.data(), std::size_t{1} << 21U};  // never read: the counters of such a call would not fit
  std::vector<std::uint32_t> wide(65'536);
  CHECK(has(said({1U << 21U, 1, endless, {}}, 65'535, enough, {wide, {order.data(), endless.size()}, {}}), "please split the tokens"));
  CHECK(has(said({1U << 31U, 2, ids, {}}, 8, enough, out), "at most 2147483647 ids"));
  CHECK(launches == 0);
  CHECK(order == std::vector<std::uint32_t>(4, 77));
}

// What no call takes has no workspace that would do: 2^31 tokens of 4 are no 0 ids, although 32 bits say so.
static_assert(mc::expert_permutation_workspace(1U << 31U, 4, 8) == std::numeric_limits<std::size_t>::max());
static_assert(mc::expert_permutation_workspace(1U << 31U, 1, 8) == std::numeric_limits<std::size_t>::max());
static_assert(mc::expert_permutation_workspace(512, 8, 256) == 128 * 1024 + 1024);

TEST_CASE("a refused launch ends it") {
  host_bench<mc::on_host> bench;
  const std::vector<std::int32_t> ids{1, 2};
  std::vector<std::uint32_t> offsets(9), order(2);
  const auto workspace = bench.bare(mc::expert_permutation_workspace(2, 1, 8));
  std::uint32_t refused = 0;
  for (;; ++refused) {
    std::uint32_t launches = 0;
    const result<void> ran = mc::expert_permutation(refusing{refused, launches}, mc::routed<std::int32_t>{2, 1, ids, {}}, 8, workspace, {offsets, order, {}});
    if (ran) break;
    CHECK(ran.error().sentence() == "refused");
    CHECK(launches == refused + 1);
  }
  CHECK(refused == 5);
}

}  // namespace
