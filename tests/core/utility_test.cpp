// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <type_traits>

#include <moesaic/core/utility.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;

static_assert(std::is_same_v<utility::representation, std::int64_t>);  // an integer: equal on every platform
static_assert(sizeof(utility) == 8 && std::is_trivially_copyable_v<utility>);
static_assert(noexcept(ranked(1, 2)));
static_assert(utility::lowest() < utility{-1} && utility{-1} < utility{});

constexpr std::uint64_t most_major = (std::uint64_t{1} << 28U) - 1;
constexpr std::uint64_t most_minor = (std::uint64_t{1} << 35U) - 1;
static_assert(ranked(0, 0) == utility{0});
static_assert(ranked(0, most_minor) < ranked(1, 0));                     // the first number decides
static_assert(ranked(most_major, most_minor) == utility::highest());     // all 63 bits, never negative
static_assert(ranked(most_major + 1, 3) == ranked(most_major, 3));       // saturates ...
static_assert(ranked(~std::uint64_t{}, 3) == ranked(most_major, 3));
static_assert(ranked(most_major + 1, 2) < ranked(most_major + 9, 3));    // ... and the second still decides
static_assert(ranked(0, 0) > utility::lowest());                         // "never used" stays below everything

TEST_CASE("ranked compares like the pair, inside its ranges") {
  moesaic_test::splitmix random{7};
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t a1 = random() & (i % 2 == 0 ? 3U : most_major), b1 = random() & (i % 2 == 0 ? 3U : most_major);
    const std::uint64_t a2 = random() & most_minor, b2 = i % 5 == 0 ? a2 : random() & most_minor;
    const bool less = a1 != b1 ? a1 < b1 : a2 < b2;
    REQUIRE((ranked(a1, a2) < ranked(b1, b2)) == less);
    REQUIRE((ranked(a1, a2) == ranked(b1, b2)) == (a1 == b1 && a2 == b2));
  }
}

}  // namespace
