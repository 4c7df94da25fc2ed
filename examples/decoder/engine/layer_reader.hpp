// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "model_keys.hpp"
#include "network.hpp"

namespace moesaic::decoder {

/// Keys that all architectures of this decoder have in common.
struct common_keys {
  std::int64_t width = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t key_value_heads = 0;
  std::int64_t key_width = 0;
  std::int64_t value_width = 0;
  float epsilon = 0;
  float attention_scale = 0;
  std::int64_t experts = 0;  ///< 0: dense
  std::int64_t top_k = 0;
  float expert_weight_scale = 1.0F;

  [[nodiscard]] grouped_attention_options attention_options() const noexcept {
    return {width, heads, key_value_heads, key_width, value_width, attention_scale, epsilon, false};
  }
};
[[nodiscard]] common_keys read_common_keys(model_keys& keys);

/// Rotary positions: base, dimensions, linear scaling, and the factors of rope_freqs.weight where there are any. Errors: a
/// scaling this decoder does not know.
[[nodiscard]] result<rope> read_rope(model_keys& keys, weight_source& source, rope_pairs pairs, std::int64_t key_width);

/// Embedding, output norm and output (tied to the embedding where there is none), into `into`.
[[nodiscard]] result<void> read_ends(weight_source& source, const common_keys& keys, network& into);

/// The norms of a layer and its feed-forward part: routed where there is a router (PREFIX.ffn_gate_inp), else dense. Prefix:
/// "blk.3.".
[[nodiscard]] result<void> read_feed_forward(weight_source& source, const std::string& prefix, const common_keys& keys,
                                             layer& into);

/// All of a model whose layers are grouped attention and a feed-forward part: every architecture of this decoder so far.
[[nodiscard]] result<network> read_plain_network(weight_source& source, model_keys& keys, rope_pairs pairs, bool head_norms,
                                                 cache_options cache);

}  // namespace moesaic::decoder
