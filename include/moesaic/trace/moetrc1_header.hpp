// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include <moesaic/core/result.hpp>
#include <moesaic/trace/routing_rows.hpp>

namespace moesaic::trace {

/// The first 32 bytes of a MOETRC1 file, little-endian: magic, then six numbers. All offsets below follow from them.
///
///     32 bytes header | 16 per sequence | ids [tokens][layers][top_k], u8 or u16 | weights of the same shape, none, u8 or u16
struct moetrc1_header {
  static constexpr std::array<char, 8> magic{'M', 'O', 'E', 'T', 'R', 'C', '1', '\0'};
  static constexpr std::string_view format = "MOETRC1";
  static constexpr std::uint64_t size = 32;
  static constexpr std::uint32_t most_experts = std::uint32_t{1} << 20U;  ///< layers × experts, 40 times what models have today

  dimensions shape;
  std::uint32_t sequences = 0;
  std::uint32_t tokens = 0;
  std::uint32_t flags = 0;  ///< 1: weights are u8 / 255; 2: weights are u16 / 10000; 4: ids are u16

  [[nodiscard]] constexpr std::uint64_t id_bytes() const noexcept { return (flags & 4U) != 0 ? 2 : 1; }
  [[nodiscard]] constexpr std::uint64_t weight_bytes() const noexcept { return flags & 3U; }
  /// What stands for a weight of 1.0; 0 without weights.
  [[nodiscard]] constexpr std::uint32_t weight_steps() const noexcept { return (flags & 3U) == 0 ? 0 : (flags & 3U) == 1 ? 255 : 10'000; }
  [[nodiscard]] constexpr std::uint64_t ids_at() const noexcept { return size + std::uint64_t{16} * sequences; }
  [[nodiscard]] constexpr std::uint64_t weights_at() const noexcept { return ids_at() + shape.row() * tokens * id_bytes(); }
  [[nodiscard]] constexpr std::uint64_t file_size() const noexcept { return weights_at() + shape.row() * tokens * weight_bytes(); }

  /// Whether a source that starts with these bytes claims to be of this format.
  [[nodiscard]] static bool recognises(std::span<const std::byte> start) noexcept {
    return start.size() >= magic.size() && std::memcmp(start.data(), magic.data(), magic.size()) == 0;
  }
  /// The header in `raw`, or what is wrong with it: `name` and the byte offset of the field.
  [[nodiscard]] static result<moetrc1_header> parse(std::string_view name, std::span<const std::byte, size> raw);
};

struct moetrc1_sequence {
  std::uint32_t first_token = 0;
  std::uint32_t tokens = 0;         ///< at least 1
  std::uint32_t prompt_tokens = 0;  ///< its first rows are prefill
  std::uint32_t meta_index = 0;     ///< entry of the description beside the file
};

/// Little-endian, on every machine.
[[nodiscard]] constexpr std::uint32_t little_u32(const std::byte* at) noexcept {
  return std::to_integer<std::uint32_t>(at[0]) | std::to_integer<std::uint32_t>(at[1]) << 8U | std::to_integer<std::uint32_t>(at[2]) << 16U |
         std::to_integer<std::uint32_t>(at[3]) << 24U;
}
[[nodiscard]] constexpr std::uint16_t little_u16(const std::byte* at) noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(at[0]) | std::to_integer<unsigned>(at[1]) << 8U);
}

inline result<moetrc1_header> moetrc1_header::parse(std::string_view name, std::span<const std::byte, size> raw) {
  const auto wrong = [&](std::uint32_t at, auto&&... parts) { return error(error_code::bad_file, name, ": byte ", at, ": ", parts...); };
  if (!recognises(raw)) return wrong(0, "is no MOETRC1 trace, its first eight bytes are not that word");
  moetrc1_header h;
  h.shape = {little_u32(&raw[8]), little_u32(&raw[12]), little_u32(&raw[16])};
  h.sequences = little_u32(&raw[20]);
  h.tokens = little_u32(&raw[24]);
  h.flags = little_u32(&raw[28]);
  const auto& [layers, experts, top_k] = h.shape;
  if (layers == 0 || layers > 65'535) return wrong(8, layers, " layers; 1 to 65535 are possible");
  if (experts == 0 || experts > 65'535) return wrong(12, experts, " experts in a layer; 1 to 65535 are possible");
  if (std::uint64_t{std::bit_ceil(experts)} * layers > most_experts)
    return wrong(8, layers, " layers of ", experts, " experts are more than this reader takes (", most_experts, " in all)");
  if (top_k == 0 || top_k > experts) return wrong(16, "top-k is ", top_k, "; expected 1 to ", experts, ", the experts of a layer");
  if (h.sequences > h.tokens) return wrong(20, h.sequences, " sequences, but only ", h.tokens, " tokens to share");
  if (h.sequences == 0 && h.tokens > 0) return wrong(20, "no sequence, but ", h.tokens, " tokens");
  if ((h.flags & ~7U) != 0) return wrong(28, "flags ", h.flags, " hold bits that MOETRC1 does not define; 0 to 7 without 3 and 7");
  if ((h.flags & 3U) == 3) return wrong(28, "flags say that weights are u8 and u16 at once");
  if (h.id_bytes() == 1 && experts > 256) return wrong(28, "flags say that ids are u8, but there are ", experts, " experts in a layer");
  return h;
}

}  // namespace moesaic::trace
