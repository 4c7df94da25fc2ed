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

/// RMS norms of queries and keys before they turn: of every head, the same in files that have them, or of all heads together.
enum class query_norms : std::uint8_t { none, by_head, by_head_if_any, of_all };

/// What tells the grouped-query attentions of different architectures apart.
struct grouped_attention_options {
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t key_value_heads = 0;  ///< a divisor of heads
  std::int64_t key_width = 0;        ///< of one head
  std::int64_t value_width = 0;
  float scale = 0;             ///< of the scores
  bool scales_queries = false; ///< it multiplies the queries in place of the scores, which rounds elsewhere
  float epsilon = 0;           ///< of the norms
  query_norms norms = query_norms::none;
  std::int64_t window = 0;   ///< positions a token sees, its own included; 0: all
  bool sinks = false;        ///< every query head has a sink (look_back.hpp)
  float residual_scale = 1;  ///< what is added to the residual is multiplied by this
};

/// Grouped-query attention with rotary positions: several query heads share one head of keys and values.
/// Reads the tensors PREFIX.attn_{q,k,v,output}.weight, their .bias where there is one, PREFIX.attn_{q,k}_norm.weight
/// and PREFIX.attn_sinks.weight.
[[nodiscard]] result<std::unique_ptr<attention>> make_grouped_attention(weight_source& source, const std::string& prefix,
                                                                        const grouped_attention_options& options, cache_options cache);

/// What a latent attention is made of.
struct latent_attention_options {
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t query_rank = 0;    ///< 0: queries come straight from the row
  std::int64_t latent = 0;        ///< numbers that keys and values of all heads are made from
  std::int64_t plain_width = 0;   ///< of a head's query and key: what does not turn,
  std::int64_t turned_width = 0;  ///< and what does; all heads have this part of the key in common
  std::int64_t value_width = 0;
  float scale = 0;
  float epsilon = 0;
};

/// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434). Where the file has the matrices of keys and values apart (attn_k_b,
/// attn_v_b), the cache holds the latent row and queries are brought to it; older files have them together (attn_kv_b), and keys
/// and values are kept expanded.
/// Reads PREFIX.attn_q.weight or attn_q_a, attn_q_a_norm and attn_q_b; attn_kv_a_mqa, attn_kv_a_norm, attn_output.
[[nodiscard]] result<std::unique_ptr<attention>> make_latent_attention(weight_source& source, const std::string& prefix,
                                                                       const latent_attention_options& options, cache_options cache);

}  // namespace moesaic::decoder
