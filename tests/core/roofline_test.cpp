// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <type_traits>

#include <moesaic/core/roofline.hpp>

namespace {
using namespace moesaic;

constexpr roofline device{.peak = {2e12}, .memory = {1e11}};  // 2 Tflop/s, 100 GB/s
static_assert(std::is_trivially_copyable_v<roofline> && noexcept(device.shortest({}, {})));
static_assert(device.ridge() == 20);
static_assert(device.shortest({2e9}, {100'000'000}) == milliseconds(1));         // both limits at once
static_assert(device.shortest({2e9}, {200'000'000}) == milliseconds(2));         // memory
static_assert(device.shortest({8e9}, {100'000'000}) == milliseconds(4));         // compute
static_assert(device.shortest({1}, {0}) == nanoseconds{1});                      // rounded up, never to nothing
static_assert(device.shortest({0.25}, {0}) == nanoseconds{1});
static_assert(device.shortest({0}, {1}) == nanoseconds{1});
static_assert(device.shortest({4e20}, {0}) > microseconds(199'999'999'999'999));   // above 2^64 operations
static_assert(device.shortest({4e20}, {0}) < microseconds(200'000'000'000'001));
static_assert(device.shortest({-1}, {0}) == nanoseconds{0});

// What a machine cannot do takes forever; what is not asked costs nothing.
static_assert(roofline{{0}, {1e9}}.shortest({1}, {0}) == nanoseconds::highest());
static_assert(roofline{{0}, {1e9}}.shortest({0}, {1}) == nanoseconds{1});
static_assert(roofline{{1e9}, {0}}.shortest({1}, {0}) == nanoseconds{1});
static_assert(roofline{{0}, {0}}.shortest({0}, {0}) == nanoseconds{0});
static_assert(roofline{{1e9}, {0}}.ridge() == 0);

static_assert(expected_committed(0.0, {8}) == 1.0);   // the correction is always committed
static_assert(expected_committed(0.7, {0}) == 1.0);   // no draft: one token
static_assert(expected_committed(1.0, {8}) == 9.0);   // all accepted, and the bonus token
static_assert(expected_committed(0.5, {3}) == 1.875);

static_assert(independent_union(8, 2, 0) == 0);
static_assert(independent_union(8, 8, 1) == 8 && independent_union(8, 8, 50) == 8);
static_assert(independent_union(64, 8, 2) == 15);     // 64 · (1 − (7/8)²)

TEST_CASE("drafting one more token is worth less each time, and never nothing") {
  for (const double p : {0.1, 0.5, 0.9, 0.99}) {
    double gained_before = 2;
    for (std::uint32_t k = 0; k < 10; ++k) {
      const double gained = expected_committed(p, {k + 1}) - expected_committed(p, {k});
      CHECK(gained > 0);
      CHECK(gained < gained_before);
      CHECK(std::abs(gained - std::pow(p, k + 1)) < 1e-12);
      gained_before = gained;
    }
    CHECK(std::abs(expected_committed(p, {50}) - (1 - std::pow(p, 51)) / (1 - p)) < 1e-9);
  }
}

TEST_CASE("the union grows with tokens towards all experts") {
  double before = 0;
  for (std::uint32_t t = 1; t <= 64; ++t) {
    const double now = independent_union(128, 8, t);
    CHECK(now > before);
    CHECK(now < 128);
    CHECK(now <= 8.0 * t + 1e-9);
    before = now;
  }
}

}  // namespace
