// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include <moesaic/cuda/device_work.hpp>

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

}  // namespace
