// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>

#include <moesaic/core/expert.hpp>

namespace moesaic {

/// Maps expert ids to the indices of dense arrays and back. A layer takes a power of two of indices, so that both ways are
/// a shift and a mask; at most half of an array's entries stay unused. Flat order is id order.
/// Cost: 8 bytes, copied freely; O(1) without division.
class expert_space {
 public:
  constexpr expert_space() noexcept = default;
  /// `layers` × `experts` (of the widest layer) × `representations`, each at least 1.
  constexpr expert_space(std::uint32_t layers, std::uint32_t experts, std::uint32_t representations = 1) noexcept
      : slots_(layers),
        representation_bits_(static_cast<std::uint8_t>(std::bit_width(representations - 1))),
        layer_bits_(static_cast<std::uint8_t>(representation_bits_ + std::bit_width(experts - 1))) {}

  /// One past the largest flat index: the size of an array with one entry per expert.
  [[nodiscard]] constexpr std::uint32_t size() const noexcept { return slots_ << shift(); }

  [[nodiscard]] constexpr std::uint32_t flat(expert_id e) const noexcept {
    return number(e.layer) << shift() | number(e.expert) << representation_bits_ | number(e.representation);
  }
  [[nodiscard]] constexpr std::uint32_t flat(layer_index layer, expert_index expert) const noexcept {
    return number(layer) << shift() | number(expert) << representation_bits_;
  }
  /// The flat indices of one layer's experts, for loops over an event: one shift each.
  class layer_range {
   public:
    [[nodiscard]] constexpr std::uint32_t operator()(expert_index e) const noexcept { return first_ | number(e) << bits_; }

   private:
    friend expert_space;
    constexpr layer_range(std::uint32_t first, std::uint32_t bits) noexcept : first_(first), bits_(bits) {}
    std::uint32_t first_;
    std::uint32_t bits_;
  };
  [[nodiscard]] constexpr layer_range in(layer_index l) const noexcept { return {number(l) << shift(), representation_bits_}; }

  [[nodiscard]] constexpr expert_id id(std::uint32_t flat) const noexcept {
    const std::uint32_t inside = flat & ((std::uint32_t{1} << shift()) - 1);
    const std::uint32_t layer = flat >> shift();
    const std::uint32_t expert = inside >> representation_bits_;
    const std::uint32_t representation = inside & ((std::uint32_t{1} << representation_bits_) - 1);
    static_assert(sizeof(expert_id) == sizeof(std::uint64_t));
    if constexpr (std::endian::native == std::endian::little)  // member by member it goes through memory: 6 ns instead of 1
      return std::bit_cast<expert_id>(std::uint64_t{representation} << 32U | std::uint64_t{expert} << 16U | layer);
    else
      return {static_cast<layer_index>(layer), static_cast<expert_index>(expert), static_cast<representation_index>(representation)};
  }
  [[nodiscard]] constexpr std::uint32_t layer_of(std::uint32_t flat) const noexcept { return flat >> shift(); }

 private:
  [[nodiscard]] constexpr std::uint32_t shift() const noexcept { return layer_bits_; }
  std::uint32_t slots_ = 0;
  std::uint8_t representation_bits_ = 0;
  std::uint8_t layer_bits_ = 0;  ///< a layer's number stands above these
};

static_assert(expert_space(3, 60).size() == 192);
static_assert(expert_space(3, 60).id(expert_space(3, 60).flat(make_expert(2, 59))) == make_expert(2, 59));
static_assert(expert_space(1, 1).size() == 1);
static_assert(expert_space(3, 60, 2).in(layer_index{2})(expert_index{59}) == expert_space(3, 60, 2).flat(make_expert(2, 59)));

}  // namespace moesaic
