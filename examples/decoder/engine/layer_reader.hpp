// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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
  router_options router;  ///< filled in by read_router_keys

  [[nodiscard]] grouped_attention_options attention_options() const noexcept {
    return {width, heads, key_value_heads, key_width, value_width, attention_scale, false, epsilon};
  }
};
[[nodiscard]] common_keys read_common_keys(model_keys& keys);

enum class shared_experts : std::uint8_t { none, plain, gated };

/// What tells architectures apart whose layers are a norm, attention, a norm, and a feed-forward part. The defaults are Mixtral's.
struct layer_form {
  rope_pairs pairs = rope_pairs::neighbours;
  query_norms norms = query_norms::none;
  std::string_view second_norm = "ffn_norm";  ///< what the file calls the norm before the feed-forward part
  bool norm_biases = false;                   ///< every norm has a bias
  bool scales_queries = false;                ///< see grouped_attention_options
  gating by = gating::softmax;                ///< where no key expert_gating_func says another
  bool renormalise = true;                    ///< where no key expert_weights_norm says another
  bool choice_bias = false;                   ///< a layer may have exp_probs_b.bias
  shared_experts shared = shared_experts::none;  ///< plain: in layers that have one; gated: in all routed ones
  bool biases = false;                           ///< router and experts have biases
  activation opens = activation::silu;
  bool sinks = false;             ///< attn_sinks.weight
  std::int64_t slides_every = 0;  ///< every so many layers, from the first on, attention sees a window only; 0: none does
};

/// How experts are chosen: gating, renormalising, scale, groups.
void read_router_keys(model_keys& keys, const layer_form& form, common_keys& into);

/// Rotary positions: base, dimensions, scaling (linear, YaRN, LongRoPE), and the factors of rope_freqs.weight or
/// rope_factors_{short,long}.weight where there are any; `context` decides between the last two. `yarn_grows`: YaRN also lengthens
/// what it turns, as its paper has it. Errors: a scaling this decoder does not know.
[[nodiscard]] result<rope> read_rope(model_keys& keys, weight_source& source, rope_pairs pairs, std::int64_t key_width, std::int64_t context, bool yarn_grows);

/// NAME.weight, and NAME.bias where norms have one.
[[nodiscard]] result<row_norm> read_norm(weight_source& source, const std::string& name, std::int64_t width, float epsilon, bool with_bias);

/// Embedding, output norm and output (tied to the embedding where there is none), into `into`.
[[nodiscard]] result<void> read_ends(weight_source& source, const common_keys& keys, const layer_form& form, network& into);

/// The norms of a layer and its feed-forward part: routed where there is a router (PREFIX.ffn_gate_inp), else dense. Prefix:
/// "blk.3.".
[[nodiscard]] result<void> read_feed_forward(weight_source& source, const std::string& prefix, const common_keys& keys, const layer_form& form, layer& into);

/// All of a model whose layers are grouped attention and a feed-forward part.
[[nodiscard]] result<network> read_plain_network(weight_source& source, model_keys& keys, const layer_form& form, cache_options cache);

}  // namespace moesaic::decoder
