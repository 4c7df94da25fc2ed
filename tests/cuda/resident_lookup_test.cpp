// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/cuda/resident_lookup.hpp>

#include "support/device_work_checks.hpp"
#include "support/workplaces.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;

std::vector<demand> some_of(splitmix& random, std::uint32_t experts, std::uint32_t of_1000) {
  std::vector<demand> wanted;
  for (std::uint32_t e = 0; e < experts; ++e)
    if (random.chance(of_1000)) wanted.push_back({static_cast<expert_index>(e), 1, {}});
  return wanted;
}
std::vector<std::uint64_t> some_slots(splitmix& random, const expert_space& space, std::uint32_t of_1000) {
  std::vector<std::uint64_t> table(space.size(), mc::absent_slot);
  for (std::uint64_t& slot : table)
    if (random.chance(of_1000)) slot = std::uint64_t{random.below(1'000)} << 21U;
  return table;
}
template <class Where>
void rounds(const Where& where, int many) {
  splitmix random{5};
  for (int round = 0; round < many; ++round) {
    const std::uint32_t experts = random.between(1, random.chance(30) ? 1'025 : 140), layers = random.between(1, 5);
    const expert_space space(layers, experts, random.between(1, 3));
    const auto table = some_slots(random, space, random.chance(100) ? 0 : random.chance(100) ? 1'000 : 600);
    const auto wanted = some_of(random, experts, random.chance(100) ? 1'000 : 300);
    host_bench<Where> bench{where};
    const std::uint32_t count = static_cast<std::uint32_t>(wanted.size()) - (wanted.empty() ? 0 : random.below(static_cast<std::uint32_t>(wanted.size()) + 1));
    CAPTURE(experts);
    CAPTURE(count);
    check_lookup(bench, table, space, static_cast<layer_index>(random.below(layers)), wanted, count);
  }
}

TEST_CASE("looking up finds each wanted expert's slot, and who is missing, ascending") {
  rounds(mc::on_host{}, 400);
  rounds(out_of_order{}, 200);
  rounds(in_threads{}, 40);
}

TEST_CASE("nobody wanted, nobody missing") {
  host_bench<mc::on_host> bench;
  const expert_space space(2, 8);
  check_lookup(bench, std::vector<std::uint64_t>(space.size(), mc::absent_slot), space, layer_index{1}, {}, 0);
}

TEST_CASE("a demand that names no expert of the table is missing") {
  const expert_space space(1, 4);
  const std::vector<std::uint64_t> table(space.size(), 64);
  const std::vector<demand> wanted{{expert_index{3}, 1, {}}, {expert_index{4}, 1, {}}};
  std::vector<std::uint64_t> slots(2);
  std::vector<expert_index> missing(2);
  std::uint32_t count = 2, gone = 0;
  REQUIRE(mc::resident_lookup(mc::on_host{}, table, space, layer_index{}, wanted, &count, {slots, missing, &gone}));
  CHECK(slots == std::vector<std::uint64_t>{64, mc::absent_slot});
  CHECK(gone == 1);
  CHECK(missing[0] == expert_index{4});
}

TEST_CASE("lookups of recorded demand: what distinct_experts leaves on the device is what this reads") {
  for (const char* name : {"gptoss20b_6x96.bin", "dsv2lite_law_2x128.bin"}) {
    const auto cases = recorded_cases(std::string(MOESAIC_TEST_DATA "/traces/") + name, 4, 200);
    REQUIRE(cases.size() >= 48);
    splitmix random{1};
    for (const routing_case& one : cases) {
      const expert_space space(3, one.experts);
      const auto table = some_slots(random, space, 500);
      const auto ids = ids_as<std::int32_t>(one);
      std::vector<demand> wanted(one.experts);
      std::uint32_t count = 0;
      host_bench<mc::on_host> bench;
      REQUIRE(mc::distinct_experts(bench.where, mc::routed<std::int32_t>{one.tokens, one.k, ids, {}}, one.experts,
                                   bench.bare(mc::distinct_experts_workspace(one.experts)), {wanted, &count}));
      check_lookup(bench, table, space, layer_index{2}, wanted, count);
    }
  }
}

TEST_CASE("a count above the demands there are is taken for all of them") {
  const expert_space space(1, 4);
  const std::vector<std::uint64_t> table{0, mc::absent_slot, 64, 0};
  const std::vector<demand> wanted{{expert_index{0}, 1, {}}, {expert_index{1}, 1, {}}};
  std::vector<std::uint64_t> slots(2, 77);
  std::vector<expert_index> missing(2);
  std::uint32_t count = 9, gone = 77;
  REQUIRE(mc::resident_lookup(mc::on_host{}, table, space, layer_index{0}, wanted, &count, {slots, missing, &gone}));
  CHECK(gone == 1);
  CHECK(slots == std::vector<std::uint64_t>{0, mc::absent_slot});
  CHECK(missing[0] == expert_index{1});
}

TEST_CASE("what does not fit is said before anything runs") {
  std::uint32_t launches = 0;
  const refusing where{1'000, launches};
  const expert_space space(2, 8);
  const std::vector<std::uint64_t> table(space.size(), 0);
  const std::vector<demand> wanted(3);
  std::vector<std::uint64_t> slots(3);
  std::vector<expert_index> missing(3);
  std::uint32_t count = 3, gone = 77;
  const auto said = [](const result<void>& ran, std::string_view part) {
    REQUIRE(!ran);
    CHECK(ran.error().code() == error_code::bad_argument);
    CHECK(std::string(ran.error().sentence()).find(part) != std::string::npos);
  };
  const mc::lookup_output out{slots, missing, &gone};
  said(mc::resident_lookup(where, std::span(table).first(15), space, layer_index{1}, wanted, &count, out),
       "the table has to have at least 16 entries and has 15");
  said(mc::resident_lookup(where, table, space, layer_index{2}, wanted, &count, out), "no layer 2");
  said(mc::resident_lookup(where, table, space, layer_index{1}, wanted, nullptr, out), "the address of the count is null");
  said(mc::resident_lookup(where, table, space, layer_index{1}, wanted, &count, {slots, missing, nullptr}),
       "the address of the count of missing experts is null");
  said(mc::resident_lookup(where, table, space, layer_index{1}, wanted, &count, {std::span(slots).first(2), missing, &gone}), "room for the slots");
  said(mc::resident_lookup(where, table, space, layer_index{1}, wanted, &count, {slots, std::span(missing).first(2), &gone}), "room for the missing");
  const std::vector<demand> crowd(65'536);
  said(mc::resident_lookup(where, table, space, layer_index{1}, crowd, &count, out), "room for the slots has to have at least 65536");
  std::vector<std::uint64_t> many(crowd.size());
  std::vector<expert_index> gone_many(crowd.size());
  said(mc::resident_lookup(where, table, space, layer_index{1}, crowd, &count, {many, gone_many, &gone}), "at most 65535 demands, but 65536");
  CHECK(launches == 0);
  CHECK(gone == 77);
  const result<void> refused = mc::resident_lookup(refusing{0, launches}, table, space, layer_index{1}, wanted, &count, out);
  REQUIRE(!refused);
  CHECK(refused.error().sentence() == "refused");
}

}  // namespace
