// SPDX-License-Identifier: MIT
#pragma once

// A model that is small enough to be made up, and exact: integers, so that every order of addition gives the same token.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <moesaic/core/quantity.hpp>

namespace gpu_slots {

struct tiny_model {
  static constexpr std::uint32_t layers = 6, experts = 16, top_k = 2, width = 1024;
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
  /// Two experts, ascending. Text has locality, so most steps want what the step before wanted.
  [[nodiscard]] static constexpr std::array<std::uint32_t, top_k> routed(std::uint32_t step, std::uint32_t layer) noexcept {
    const std::uint32_t topic = ((step / 4 + layer) * 2'246'822'519U) >> 28U;
    const std::uint32_t word = ((step + 3 * layer) * 3'266'489'917U) >> 28U;
    const std::uint32_t other = word == topic ? (word + 1) % experts : word;
    return topic < other ? std::array{topic, other} : std::array{other, topic};
  }
};

using token = std::array<std::uint32_t, tiny_model::width>;

/// What an expert's weight adds to a number of the token.
[[nodiscard]] constexpr std::uint32_t added(std::uint32_t x, std::uint32_t weight) noexcept { return (x ^ weight) * 3U; }
/// What a number becomes where an expert has no seat: wrong, and seen to be.
inline constexpr std::uint32_t no_seat = 0x0BAD'5EA7U;

/// Device memory that a captured graph reads and writes.
struct graph_addresses {
  std::uint32_t* token = nullptr;
  const std::uint32_t* wanted = nullptr;  ///< flat indices, top_k of them
  const std::uint64_t* table = nullptr;   ///< of the slot map
  const std::byte* slab = nullptr;
};

/// The same with all experts at hand: what the device has to come to.
inline void forward(token& t, std::uint32_t step) noexcept {
  for (std::uint32_t l = 0; l < tiny_model::layers; ++l)
    for (std::uint32_t i = 0; i < tiny_model::width; ++i) {
      std::uint32_t next = t[i] + 1;
      for (const std::uint32_t e : tiny_model::routed(step, l)) next += added(t[i], tiny_model::weight(l, e, i));
      t[i] = next;
    }
}

}  // namespace gpu_slots
