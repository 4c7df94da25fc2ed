// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

namespace moesaic {

/// How far a worth between 0 and `top` follows what was counted: by at most one at a time, up where the count lies `up` above
/// it, down where it lies `down` below. For those who keep the worths, wherever that is.
/// Source: MoE-SpAc (arXiv 2603.09983), as scoring/hysteresis.hpp has it. Cost: O(1), no state.
struct hysteresis_step {
  std::uint32_t top = 5;
  std::uint32_t up = 5;    ///< 0 counts as 1
  std::uint32_t down = 1;  ///< 0 counts as 1

  [[nodiscard]] constexpr std::uint32_t moved(std::uint32_t worth, std::uint32_t counted) const noexcept {
    if (counted >= std::uint64_t{worth} + std::max(up, 1U)) return std::min(top, worth + 1);
    if (worth >= std::uint64_t{counted} + std::max(down, 1U)) return worth - 1;
    return worth;
  }
};

static_assert(hysteresis_step{}.moved(0, 5) == 1 && hysteresis_step{}.moved(0, 4) == 0 && hysteresis_step{}.moved(5, 100) == 5);
static_assert(hysteresis_step{}.moved(3, 2) == 2 && hysteresis_step{}.moved(3, 3) == 3);

}  // namespace moesaic
