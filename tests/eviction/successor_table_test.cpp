// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <moesaic/core/model_shape.hpp>
#include <moesaic/eviction/successor_table.hpp>

#include "conformance/policy_world.hpp"
#include "eviction/slow_pairs.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;
using conformance::owned_event;
using eviction::successor_table;

struct pairs {
  explicit pairs(std::uint32_t layers, std::uint32_t experts) : shape(*model_shape::uniform(layers, experts, 1, {1})), table(inventory{shape}) {}
  void use(std::uint64_t token, std::uint32_t layer, std::vector<std::uint32_t> experts) {
    owned_event event(token, token, layer, std::move(experts));
    table.observe(event.get());
  }
  [[nodiscard]] std::int64_t evidence(std::uint32_t layer, std::uint32_t expert) const { return table.evidence(make_expert(layer, expert)); }
  model_shape shape;
  successor_table table;
};

TEST_CASE("successor_table: logarithms are right at powers of two, monotone, and never far below the truth") {
  for (std::uint32_t whole = 0; whole < 64; ++whole) CHECK(eviction::log2_in_2_24(std::uint64_t{1} << whole) == std::int64_t{whole} << 24);
  double worst = 0;
  std::uint32_t out_of_order = 0;
  for (std::uint64_t v = 1; v < 100'000; ++v) {
    const auto its = static_cast<double>(eviction::log2_in_2_24(v)) / (1 << 24);
    worst = std::max(worst, std::log2(static_cast<double>(v)) - its);
    out_of_order += eviction::log2_in_2_24(v + 1) <= eviction::log2_in_2_24(v);
    CHECK_MESSAGE(its <= std::log2(static_cast<double>(v)) + 1e-9, v);
  }
  CHECK(out_of_order == 0);
  CHECK(worst < 0.0861);
  CHECK(worst > 0.0860);
}

TEST_CASE("successor_table: two experts that take turns are each expected after the other, worked by hand") {
  pairs p(1, 4);
  for (std::uint32_t token = 0; token < 4; ++token) p.use(token, 0, {token % 2});
  // Traces of 0: 256, 181, 127 + 256, 270; of 1: 256 at token 1, 181, 127. Rows: 0 after 1: 181; 1 after 1: 127. Uses 2 and 2.
  // A use of 1 is worth (2^32 - 1) / 3; z = (181 + 308 + 398) / 4 + 1 = 222 of 256; p(x) = 8/5 for both, 6/5 for the others.
  const std::uint64_t share = 1'431'655'765, by_rate = 73'300'775'168, by_nobody = 1'144'179'287'654;
  const auto expected = [&](std::uint64_t uses, std::uint64_t row) {
    return 5 * (slow_pairs::log2(uses * by_rate + by_nobody + row * share) - slow_pairs::log2(std::uint64_t{222} << 32)) -
           4 * (slow_pairs::log2(uses) - slow_pairs::log2(5));
  };
  CHECK(p.evidence(0, 0) == expected(8, 181));
  CHECK(p.evidence(0, 1) == expected(8, 127));
  CHECK(p.evidence(0, 2) == expected(6, 0));
  CHECK(p.evidence(0, 0) > p.evidence(0, 1));
  p.use(4, 0, {0});
  CHECK(p.evidence(0, 1) > p.evidence(0, 0));
}

TEST_CASE("successor_table: what never depended on anything is expected at its rate, whatever was there last") {
  pairs p(1, 64);
  std::uint64_t state = 7;
  const auto below = [&](std::uint64_t n) {
    state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return static_cast<std::uint32_t>((state >> 33U) % n);
  };
  for (std::uint64_t token = 0; token < 20'000; ++token) p.use(token, 0, {below(8), 8 + below(16), 24 + below(32)});
  const auto lift = [&](std::uint32_t x, double rate) { return (static_cast<double>(p.evidence(0, x)) / (1 << 24) - std::log2(rate)) / 5; };
  double worst = 0;
  for (std::uint32_t x = 0; x < 56; ++x) worst = std::max(worst, std::abs(lift(x, x < 8 ? 1. / 8 : x < 24 ? 1. / 16 : 1. / 32)));
  CHECK(worst < 0.35);  // of an octave: the chances of 20,000 events and the straight logarithm
}

TEST_CASE("successor_table: layers know nothing of each other, and an unheard one says nothing") {
  pairs p(3, 8), alone(3, 8);
  for (std::uint32_t token = 0; token < 50; ++token) {
    p.use(token, 0, {token % 3, 4 + token % 2});
    alone.use(token, 0, {token % 3, 4 + token % 2});
    p.use(token, 2, {token * 5 % 8});
  }
  for (std::uint32_t e = 0; e < 8; ++e) {
    CHECK(p.evidence(0, e) == alone.evidence(0, e));
    CHECK(p.evidence(1, e) == 0);
  }
  CHECK(p.table.version(0) == 50);
  CHECK(p.table.version(1) == 0);
}

void agree_with_maps(std::uint32_t experts, std::uint64_t events, std::uint32_t ask_every) {
  pairs p(1, experts);
  slow_pairs slow;
  conformance::splitmix dice{experts * 1'000 + events};
  std::uint64_t token = 0, wrong = 0, asked = 0;
  double worst = 0;
  for (std::uint64_t n = 0; n < events; ++n) {
    std::vector<std::uint32_t> wanted;
    for (std::uint32_t e = 0; e < experts; ++e)
      if (dice.chance((e + n / 8) % 4 == 0 ? 600 : 100)) wanted.push_back(e);
    if (wanted.empty()) continue;
    owned_event event(n, token, 0, wanted);
    p.table.observe(event.get());
    slow.hear(event.get());
    token += dice.chance(900) ? 1 : dice.below(9);
    if (n % ask_every != 0) continue;
    for (std::uint32_t x = 0; x < experts; ++x) {
      ++asked;
      wrong += p.evidence(0, x) != slow.evidence(x);
      if (n > 300) worst = std::max(worst, std::abs(static_cast<double>(p.evidence(0, x)) / (1 << 24) - slow.exact_evidence(x)));
    }
  }
  CHECK(asked > 1'000);
  CHECK(wrong == 0);
  CHECK(worst < 0.8);  // nine straight logarithms, each at most 0.086 off, in part against each other
}

TEST_CASE("successor_table: agrees with maps on random events, and with the formula within its logarithms") {
  agree_with_maps(5, 4'000, 3);
  agree_with_maps(24, 2'000, 11);
}

TEST_CASE("successor_table: agrees with maps where counts have been halved") { agree_with_maps(3, 140'000, 97); }

TEST_CASE("successor_table: a clock that stands still, or a layer that always wants everything, overflows nothing") {
  for (const std::uint64_t pace : {0U, 1U}) {
    pairs p(1, 3);
    for (std::uint64_t n = 0; n < 200'000; ++n) p.use(n * pace, 0, {0, 1});
    CHECK(p.evidence(0, 0) == p.evidence(0, 1));
    // Always wanted: A / (|S| z) and p are 1, but for imagined uses and the straight logarithm. Never wanted: as good as never.
    CHECK(std::abs(p.evidence(0, 0)) < std::int64_t{1} << 24);
    CHECK(p.evidence(0, 2) < -(std::int64_t{8} << 24));
  }
}

TEST_CASE("successor_table: old pairs fade") {
  pairs p(1, 4);
  std::uint64_t token = 0;
  for (; token < 200'000; ++token) p.use(token, 0, {token % 2 == 0 ? 0U : 1U});
  for (; token < 300'001; ++token) p.use(token, 0, {token % 2 == 0 ? 0U : 2U});
  CHECK(p.evidence(0, 2) > p.evidence(0, 1));  // after {0}, which 1 has followed twice as often as 2, but long ago
}

}  // namespace
