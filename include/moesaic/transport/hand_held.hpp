// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>

#include <moesaic/concepts/transport.hpp>

namespace moesaic::transports {

/// A transport whose clock stands still until somebody moves it: `advance` lets time for computing pass, `wait` jumps to the
/// next completion. Tests and simulations hold it in their hand; decorators hand `advance` on.
template <class T>
concept hand_held = transport<T> && requires(T link, nanoseconds passed) {
  { link.advance(passed) } noexcept -> std::same_as<void>;
};

/// `a + b`, staying at the last moment of the clock where the sum would pass it.
[[nodiscard]] constexpr nanoseconds later(nanoseconds a, nanoseconds b) noexcept {
  return b.count > 0 && a.count > nanoseconds::highest().count - b.count ? nanoseconds::highest() : a + b;
}

}  // namespace moesaic::transports
