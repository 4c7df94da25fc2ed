// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ggml.h>

#include "weights.hpp"

namespace moesaic::decoder {

/// Up to eight rows of activations that many rows of weights are multiplied with. A prompt spends most of its time here.
///
/// Rows of Q8_0 are laid out so that four rows of weights are multiplied with all of the tile at once; ggml's dot product, which
/// the other types are computed with, unpacks both its rows for every pair. Each element is what ggml's dot product gives, to the bit: sums of
/// whole numbers are exact in any order, and behind them come the same product of scales, the same fused sum, block after
/// block, the same last additions. So a token has the same bits in a tile as alone. Whether this ggml rounds like that is asked of
/// itself once in a process; where it does not, or the machine has no AVX-512 with VNNI, its dot product computes Q8_0 too.
/// Memory: 74 KiB, meant for the stack of who computes; only what the rows need is touched.
class dot_tile {
 public:
  static constexpr std::int64_t most = 8;

  /// `row(t)` for t in [0, count): rows of `columns` activations as weights of this type want them. They have to stay.
  template <class Rows>
  dot_tile(ggml_type weights, std::int64_t columns, std::int64_t count, const Rows& row) noexcept : type_(weights), columns_(columns), count_(count) {
    for (std::int64_t t = 0; t < count; ++t) rows_[static_cast<std::size_t>(t)] = static_cast<const std::byte*>(row(t));
    if (in_blocks()) lay_out();
  }

  /// out[t][w - from] = row w of the weights times row t, for w in [from, to). The weights are of the type and length given.
  void multiply(const matrix& weights, std::int64_t from, std::int64_t to, float* const* out) const noexcept;

  /// Whether Q8_0 is computed in blocks here.
  [[nodiscard]] static bool has_blocks() noexcept;

 private:
  static constexpr std::int64_t block = 32, blocks_at_most = 256;

  /// One row alone leaves nothing to share, and one row of weights after the other is what memory is quickest at.
  [[nodiscard]] bool in_blocks() const noexcept { return type_ == GGML_TYPE_Q8_0 && count_ > 1 && columns_ <= blocks_at_most * block && has_blocks(); }
  void lay_out() noexcept;
  void multiply_blocks(const matrix& weights, std::int64_t from, std::int64_t to, float* const* out) const noexcept;
  [[nodiscard]] static bool agrees_with_ggml() noexcept;

  ggml_type type_;
  std::int64_t columns_;
  std::int64_t count_;
  std::array<const std::byte*, most> rows_;
  alignas(64) std::array<std::uint8_t, blocks_at_most * most * block> values_;  // [block][row][32], 128 above what they are
  std::array<float, blocks_at_most * most> scales_;                             // [block][row]
};

}  // namespace moesaic::decoder
