// SPDX-License-Identifier: MIT
#pragma once

// A model that is small enough to be made up, and exact: integers, so that every order of addition gives the same token.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <moesaic/core/quantity.hpp>

namespace gpu_slots {

/// What an expert's weight adds to a number of the token.
[[nodiscard]] constexpr std::uint32_t added(std::uint32_t x, std::uint32_t weight) noexcept { return (x ^ weight) * 3U; }
/// What a number becomes where an expert has no seat: wrong, and seen to be.
inline constexpr std::uint32_t no_seat = 0x0BAD'5EA7U;

template <std::uint32_t Layers, std::uint32_t Experts, std::uint32_t TopK, std::uint32_t Width>
struct made_up_model {
  static constexpr std::uint32_t layers = Layers, experts = Experts, top_k = TopK, width = Width;
  using token = std::array<std::uint32_t, width>;
  static constexpr moesaic::bytes expert_size{width * sizeof(std::uint32_t)};  // a multiple of 256, so rooms are aligned

  [[nodiscard]] static constexpr moesaic::bytes size() noexcept { return expert_size * (layers * experts); }
  [[nodiscard]] static constexpr std::uint64_t offset(std::uint32_t layer, std::uint32_t expert) noexcept {
    return expert_size.count * (std::uint64_t{layer} * experts + expert);
  }
  [[nodiscard]] static constexpr std::uint32_t weight(std::uint32_t layer, std::uint32_t expert, std::uint32_t i) noexcept {
    return (layer * experts + expert + 1) * 2'654'435'761U ^ (i * 40'503U);
  }
  /// Where a loader would put them.
  static void load(std::span<std::byte> memory) noexcept {
    for (std::uint32_t l = 0; l < layers; ++l)
      for (std::uint32_t e = 0; e < experts; ++e)
        for (std::uint32_t i = 0; i < width; ++i) {
          const std::uint32_t w = weight(l, e, i);
          std::memcpy(memory.data() + offset(l, e) + i * sizeof w, &w, sizeof w);
        }
  }
  /// Distinct experts, ascending. Text has locality, so most steps want much of what the step before wanted.
  [[nodiscard]] static constexpr std::array<std::uint32_t, top_k> routed(std::uint32_t step, std::uint32_t layer) noexcept {
    std::array<std::uint32_t, top_k> chosen{};
    for (std::uint32_t n = 0; n < top_k; ++n) {
      const std::uint32_t changes_every = n % 2 == 0 ? 4 : 1;
      std::uint32_t next = ((step / changes_every + 5 * layer + 11 * n) * 2'246'822'519U >> 16U) % experts;
      while (std::find(chosen.begin(), chosen.begin() + n, next) != chosen.begin() + n) next = (next + 1) % experts;
      chosen[n] = next;
    }
    std::sort(chosen.begin(), chosen.end());
    return chosen;
  }
  /// A step with all experts at hand: what the device has to come to.
  static void forward(token& t, std::uint32_t step) noexcept {
    for (std::uint32_t l = 0; l < layers; ++l) {
      const auto wanted = routed(step, l);
      for (std::uint32_t i = 0; i < width; ++i) {
        std::uint32_t next = t[i] + 1;
        for (const std::uint32_t e : wanted) next += added(t[i], weight(l, e, i));
        t[i] = next;
      }
    }
  }
};
using tiny_model = made_up_model<6, 16, 2, 1024>;

/// Device memory that a captured graph reads and writes.
struct graph_addresses {
  std::uint32_t* token = nullptr;
  const std::uint32_t* wanted = nullptr;  ///< flat indices, top_k of them
  const std::uint64_t* table = nullptr;   ///< of the slot map
  const std::byte* slab = nullptr;
};

}  // namespace gpu_slots
