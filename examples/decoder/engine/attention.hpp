// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "key_value_cache.hpp"
#include "weights.hpp"
#include "workbench.hpp"

namespace moesaic::decoder {

/// The part of a layer that lets a token see the tokens before it. It owns its cache. An architecture with another kind of
/// attention brings another class.
class attention {
 public:
  virtual ~attention() = default;
  /// residual[row] += attention of normed[row] over all positions up to its own, which are stored first. [rows][width] both.
  virtual void add(workbench& bench, const window_place& window, const rope& turns, const float* normed, float* residual) = 0;
  /// Positions [from, to) were taken back: the cache is as if they had never been stored.
  virtual void forget(std::uint32_t from, std::uint32_t to) noexcept = 0;
  [[nodiscard]] virtual std::uint64_t cache_bytes() const noexcept = 0;
  /// The cache as it lies in memory: two runs that stand at the same place have the same bytes.
  [[nodiscard]] virtual std::span<const std::byte> cache_memory() const noexcept = 0;
};

/// What tells the grouped-query attentions of different architectures apart.
struct grouped_attention_options {
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t key_value_heads = 0;  ///< a divisor of heads
  std::int64_t key_width = 0;        ///< of one head
  std::int64_t value_width = 0;
  float scale = 0;          ///< of the scores
  float epsilon = 0;        ///< of the head norms
  bool head_norms = false;  ///< RMS norms of every query and key head, before they turn
};

/// Grouped-query attention with rotary positions: several query heads share one head of keys and values.
/// Reads the tensors PREFIX.attn_{q,k,v,output}.weight, their .bias where there is one, and PREFIX.attn_{q,k}_norm.weight.
[[nodiscard]] result<std::unique_ptr<attention>> make_grouped_attention(weight_source& source, const std::string& prefix,
                                                                        const grouped_attention_options& options,
                                                                        cache_options cache);

}  // namespace moesaic::decoder
