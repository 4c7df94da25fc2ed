// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace moesaic::transports {

/// Seeded chance for the decorators: the same seed gives the same run on every platform.
/// Source: the SplitMix64 generator (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
class dice {
 public:
  constexpr explicit dice(std::uint64_t seed) noexcept : state_(seed) {}

  constexpr std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31U);
  }
  /// 0 to n-1, n at least 1. (The bias of the remainder is below 2^-32 for the n of this library.)
  constexpr std::uint32_t below(std::uint32_t n) noexcept { return static_cast<std::uint32_t>(next() % n); }

 private:
  std::uint64_t state_;
};

}  // namespace moesaic::transports
