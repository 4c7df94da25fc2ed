// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include <moesaic/cuda/device_work.hpp>

#include "conformance/allocations.hpp"
#include "support/device_work_checks.hpp"
#include "support/splitmix.hpp"
#include "support/workplaces.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
namespace mc = moesaic::cuda;

static_assert(mc::workplace<mc::on_host> && mc::workplace<out_of_order> && mc::workplace<in_threads> && mc::workplace<refusing>);
static_assert(!mc::workplace<int>);
static_assert(mc::routed_id<expert_index> && mc::routed_id<std::int32_t> && !mc::routed_id<float> && !mc::routed_id<std::uint8_t>);

struct mark {
  std::uint32_t* times;
  void operator()(std::uint32_t i) const noexcept { ++times[i]; }
};

template <class Where>
void every_number_once(const Where& where) {
  for (const std::uint32_t n : {0U, 1U, 2U, 7U, 64U, 1'000U}) {
    std::vector<std::uint32_t> times(n);
    REQUIRE(where.each(n, mark{times.data()}));
    CHECK(times == std::vector<std::uint32_t>(n, 1));
  }
}

TEST_CASE("each calls its body once for every number") {
  every_number_once(mc::on_host{});
  every_number_once(out_of_order{});
  every_number_once(in_threads{});
}

TEST_CASE("an id outside the layer is no expert") {
  CHECK(mc::detail::expert_of(expert_index{7}, 8) == 7);
  CHECK(mc::detail::expert_of(expert_index{8}, 8) == mc::no_expert);
  CHECK(mc::detail::expert_of(std::int32_t{-1}, 8) == mc::no_expert);
  CHECK(mc::detail::expert_of(std::uint32_t{0xFFFF'FFFF}, 65'535) == mc::no_expert);
  CHECK(mc::detail::expert_of((std::int64_t{1} << 32U) + 1, 8) == mc::no_expert);
  CHECK(mc::detail::expert_of(std::int64_t{65'534}, 65'535) == 65'534);
}

TEST_CASE("a set's ranks are those of a walk through it") {
  splitmix random{3};
  for (const std::uint32_t bits : {1U, 63U, 64U, 65U, 128U, 1'000U}) {
    std::vector<std::uint64_t> words(mc::detail::bit_set::words_for(bits));
    CHECK(words.size() == (bits + 63) / 64);
    const mc::detail::bit_set set{words.data()};
    std::vector<bool> in(bits);
    for (std::uint32_t b = 0; b < bits; ++b)
      if (random.chance(400)) {
        set.insert(b);
        set.insert(b);
        in[b] = true;
      }
    std::uint32_t before = 0;
    for (std::uint32_t b = 0; b < bits; ++b) {
      REQUIRE(set.below(b) == before);
      before += in[b] ? 1 : 0;
    }
  }
}

TEST_CASE("pieces of a workspace are aligned, apart, and no more than was counted") {
  mc::detail::pieces counted;
  CHECK(counted.take<std::uint64_t>(3) == nullptr);
  CHECK(counted.take<std::uint32_t>(1) == nullptr);
  CHECK(counted.take<std::uint32_t>(0) == nullptr);
  CHECK(counted.take<std::uint16_t>(9) == nullptr);
  CHECK(counted.taken() == 32 + 16 + 0 + 32);
  alignas(16) std::byte memory[80];
  mc::detail::pieces real{memory};
  auto* const a = reinterpret_cast<std::byte*>(real.take<std::uint64_t>(3));
  auto* const b = reinterpret_cast<std::byte*>(real.take<std::uint32_t>(1));
  auto* const c = reinterpret_cast<std::byte*>(real.take<std::uint16_t>(9));
  CHECK(a == memory);
  CHECK(b == memory + 32);
  CHECK(c == memory + 48);
  CHECK(real.taken() == counted.taken());
}

TEST_CASE("no device work asks the host for memory") {
  constexpr std::uint32_t tokens = 9, k = 4, experts = 100;
  splitmix random{13};
  const routing_case one = random_case(random, tokens, k, experts);
  const std::vector<std::int32_t> ids = ids_as<std::int32_t>(one);
  const mc::routed<std::int32_t> from{tokens, k, ids, {}};
  const mc::on_host where;
  host_bench<mc::on_host> bench;
  const auto workspace = bench.bare(std::max(
      {mc::distinct_experts_workspace(experts), mc::expert_permutation_workspace(tokens, k, experts), mc::window_forecast_workspace(tokens, 1, k, experts)}));
  std::vector<demand> wanted(tokens * k);
  std::vector<std::uint32_t> offsets(experts + 1), order(tokens * k), places(tokens * k), counts(1);
  std::vector<mc::expected_expert> expected(tokens * k);
  std::vector<utility> worth(experts);
  std::vector<expert_index> best(k), missing(tokens * k);
  const expert_space space(1, experts);
  const std::vector<std::uint64_t> table(space.size(), mc::absent_slot);
  std::vector<std::uint64_t> slots(tokens * k);
  std::uint32_t count = 0, gone = 0;

  const std::uint64_t before = conformance::allocations();
  bool all = true;
  all = all && mc::distinct_experts(where, from, experts, workspace, {wanted, &count});
  all = all && mc::expert_permutation(where, from, experts, workspace, {offsets, order, places});
  all = all && mc::window_forecast(where, mc::drafted_routes<std::int32_t>{tokens, 1, k, ids, {}}, experts, workspace, {expected, counts});
  all = all && mc::utility_update(where, mc::hysteresis_of_tokens{}, wanted, &count, worth);
  all = all && mc::utility_top(where, worth, 1, best);
  all = all && mc::resident_lookup(where, table, space, layer_index{}, wanted, &count, {slots, missing, &gone});
  const std::uint64_t after = conformance::allocations();
  CHECK(all);
  CHECK(after == before);
  CHECK(gone == count);
}

}  // namespace
