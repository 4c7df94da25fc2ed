// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/core/quantity.hpp>

namespace moesaic {

/// What an expert is worth, as a 64-bit integer: larger is worth more, and equal history gives the equal number on every
/// platform (floating point would not). The scale belongs to the scorer that made it; scores of two scorers do not compare.
/// Source: ours; the reason is in docs/design/0004-utility-is-an-integer.md.
using utility = quantity<struct utility_tag, std::int64_t>;

/// A pair (major, minor) as one utility that compares in that order. `major` keeps 28 bits (saturating), `minor` the low 35:
/// enough for 268 million uses and 34 billion events.
[[nodiscard]] constexpr utility ranked(std::uint64_t major, std::uint64_t minor) noexcept {
  constexpr std::uint64_t most = (std::uint64_t{1} << 28U) - 1;
  const std::uint64_t high = major < most ? major : most;
  return {static_cast<std::int64_t>(high << 35U | (minor & ((std::uint64_t{1} << 35U) - 1)))};
}

static_assert(ranked(1, 0) > ranked(0, 34'000'000'000));
static_assert(ranked(3, 7) < ranked(3, 8));

}  // namespace moesaic
