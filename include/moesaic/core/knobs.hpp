// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <moesaic/core/spec.hpp>

namespace moesaic {

/// A number that a spec may set: what it is called, what it is where nobody says, and what it may be.
struct knob {
  std::string_view key;
  std::uint64_t usual = 0, least = 0, most = 0;
};

/// The numbers of a spec that takes these knobs and nothing else, in their order; the first may be given without its name.
/// Cost: O(knobs x arguments); nothing is allocated.
template <std::size_t N>
[[nodiscard]] constexpr result<std::array<std::uint64_t, N>> knobs_of(const spec& from, const std::array<knob, N>& knobs) noexcept {
  std::array<std::string_view, N> keys{};
  for (std::size_t i = 0; i < N; ++i) keys[i] = knobs[i].key;
  if (const result<void> fine = from.only(keys, true); !fine) return fine.error();
  std::array<std::uint64_t, N> values{};
  for (std::size_t i = 0; i < N; ++i) {
    const result<std::uint64_t> value = from.number(knobs[i].key, knobs[i].usual, knobs[i].least, knobs[i].most, i == 0);
    if (!value) return value.error();
    values[i] = *value;
  }
  return values;
}

}  // namespace moesaic
