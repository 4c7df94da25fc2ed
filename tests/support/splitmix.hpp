// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace moesaic_test {

/// A seeded generator that gives the same numbers on every platform, unlike the distributions of <random>.
/// Source: SplitMix64 (Steele, Lea, Flood 2014).
struct splitmix {
  std::uint64_t state = 0;

  constexpr std::uint64_t operator()() noexcept {
    std::uint64_t z = (state += 0x9E37'79B9'7F4A'7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EBU;
    return z ^ (z >> 31U);
  }
  /// 0 to n - 1. The bias of the remainder does not matter here.
  constexpr std::uint32_t below(std::uint32_t n) noexcept { return static_cast<std::uint32_t>((*this)() % n); }
  constexpr std::uint32_t between(std::uint32_t least, std::uint32_t most) noexcept { return least + below(most - least + 1); }
  constexpr bool chance(std::uint32_t of_1000) noexcept { return below(1000) < of_1000; }
};

}  // namespace moesaic_test
