// SPDX-License-Identifier: MIT
#include "layer_reader.hpp"

#include <algorithm>
#include <cmath>

namespace moesaic::decoder {

common_keys read_common_keys(model_keys& keys) {
  common_keys k;
  k.width = keys.whole("embedding_length", 1, 1 << 18);
  k.layers = keys.whole("block_count", 1, 4'096);
  k.heads = keys.whole("attention.head_count", 1, 4'096);
  k.key_value_heads = keys.whole_or("attention.head_count_kv", k.heads, 1, k.heads);
  keys.require(k.heads % k.key_value_heads == 0, "the number of query heads is no multiple of the number of key-value heads");
  const std::int64_t even = std::max<std::int64_t>(1, k.width / k.heads);
  k.key_width = keys.whole_or("attention.key_length", even, 1, 8'192);
  k.value_width = keys.whole_or("attention.value_length", even, 1, 8'192);
  k.epsilon = static_cast<float>(keys.real("attention.layer_norm_rms_epsilon", 0, 1));
  k.attention_scale = static_cast<float>(keys.real_or("attention.scale", 0, 0, 1e6));
  if (k.attention_scale == 0) k.attention_scale = 1.0F / std::sqrt(static_cast<float>(k.key_width));
  k.experts = keys.whole_or("expert_count", 0, 0, 65'535);
  if (k.experts > 0) k.top_k = keys.whole("expert_used_count", 1, k.experts);
  return k;
}

void read_router_keys(model_keys& keys, const layer_form& form, common_keys& k) {
  router_options& r = k.router;
  r.experts = k.experts;
  r.top_k = k.top_k;
  r.scale = static_cast<float>(keys.real_or("expert_weights_scale", 1, 0, 1e6));
  if (r.scale == 0) r.scale = 1;  // how converters write "none"
  r.renormalise = keys.flag_or("expert_weights_norm", form.renormalise);
  r.by = form.by;
  switch (keys.whole_or("expert_gating_func", 0, 0, 3)) {  // 0: what the architecture always does
    case 1: r.by = gating::softmax; break;
    case 2: r.by = gating::sigmoid; break;
    case 3: r.by = gating::softmax_of_chosen; break;
    default: break;
  }
  r.groups = std::max<std::int64_t>(1, keys.whole_or("expert_group_count", 1, 0, 64));
  r.groups_used = r.groups == 1 ? 1 : keys.whole("expert_group_used_count", 1, r.groups);
  keys.require(k.experts % r.groups == 0, "the number of experts is no multiple of the number of expert groups");
  keys.require(k.experts == 0 || r.groups_used * (k.experts / r.groups) >= r.top_k, "the expert groups that are used hold fewer experts than a token uses");
}

namespace {

/// The share of each pair's turn that a longer context divides (one of two lists, for contexts up to the original and beyond).
result<std::vector<float>> read_rope_factors(weight_source& source, std::int64_t pairs, bool beyond) {
  auto factors = source.take_vector_if_any("rope_freqs.weight", pairs);
  if (!factors || !factors->empty()) return factors;
  auto near = source.take_vector_if_any("rope_factors_short.weight", pairs);
  if (!near) return near;
  auto far = source.take_vector_if_any("rope_factors_long.weight", pairs);
  return !far || beyond ? far : near;
}

}  // namespace

result<rope> read_rope(model_keys& keys, weight_source& source, rope_pairs pairs, std::int64_t key_width, std::int64_t context, bool yarn_grows) {
  rope_options o;
  o.pairs = pairs;
  o.dimensions = keys.whole_or("rope.dimension_count", key_width, 2, key_width);
  keys.require(o.dimensions % 2 == 0, "the number of rotary dimensions is odd");
  o.base = static_cast<float>(keys.real_or("rope.freq_base", 10'000, 1e-3, 1e12));
  const double plain = keys.real_or("rope.scale_linear", 1, 0, 1e6);  // the name of the key in older files
  const std::string kind = keys.text_or("rope.scaling.type", plain == 1 || plain == 0 ? "none" : "linear");
  const double factor = keys.real_or("rope.scaling.factor", plain, 0, 1e6);
  const std::int64_t made_for = keys.whole_or("context_length", context, 1, INT32_MAX);
  const std::int64_t original = std::max<std::int64_t>(1, keys.whole_or("rope.scaling.original_context_length", made_for, 0, INT32_MAX));
  o.magnitude = static_cast<float>(keys.real_or("rope.scaling.attn_factor", 1, 1e-3, 1e3));
  if (kind == "yarn" && factor > 0) {
    const auto fast = static_cast<float>(keys.real_or("rope.scaling.yarn_beta_fast", 32, 1e-3, 1e6));
    const auto slow = static_cast<float>(keys.real_or("rope.scaling.yarn_beta_slow", 1, 1e-3, 1e6));
    o.scale = static_cast<float>(1.0 / factor);
    o.blend = yarn_blend(o.dimensions, o.base, original, fast, slow);
    if (yarn_grows && factor > 1) o.magnitude *= 1.0F + 0.1F * std::log(static_cast<float>(factor));
  } else if (kind == "linear" && factor > 0) {
    o.scale = static_cast<float>(1.0 / factor);
  } else if (kind != "none" && kind != "linear" && kind != "longrope" && kind != "yarn") {
    keys.require(false, "rope.scaling.type is " + printable(kind) + "; this decoder knows none, linear, longrope and yarn");
  }
  if (keys.failure()) return *keys.failure();
  auto factors = read_rope_factors(source, o.dimensions / 2, context > original);
  if (!factors) return factors.error();
  o.factors = std::move(*factors);
  return rope(std::move(o));
}

result<void> read_ends(weight_source& source, const common_keys& keys, const layer_form& form, network& into) {
  const gguf_tensor* embedding = source.file().find("token_embd.weight");
  into.width = keys.width;
  into.vocabulary = embedding == nullptr ? 1 : static_cast<std::int64_t>(embedding->extent[1]);
  if (into.vocabulary > (1 << 24))
    return error(error_code::bad_file, source.file().path(), ": a vocabulary of ", into.vocabulary, " tokens is more than this decoder takes (2^24)");
  auto matrix_in = source.take_matrix("token_embd.weight", keys.width, into.vocabulary);
  if (!matrix_in) return matrix_in.error();
  auto matrix_out = source.take_matrix_if_any("output.weight", keys.width, into.vocabulary);
  if (!matrix_out) return matrix_out.error();
  auto norm = read_norm(source, "output_norm", keys.width, keys.epsilon, form.norm_biases);
  if (!norm) return norm.error();
  auto bias = source.take_vector_if_any("output.bias", into.vocabulary);
  if (!bias) return bias.error();
  into.output_bias = std::move(*bias);
  into.embedding = *matrix_in;
  into.output = *matrix_out ? *matrix_out : *matrix_in;
  into.output_norm = std::move(*norm);
  return {};
}

result<network> read_plain_network(weight_source& source, model_keys& keys, const layer_form& form, cache_options cache) {
  common_keys k = read_common_keys(keys);
  read_router_keys(keys, form, k);
  network out;
  out.embedding_scale = static_cast<float>(keys.real_or("embedding_scale", 1, 1e-6, 1e6));
  out.residual_scale = static_cast<float>(keys.real_or("residual_scale", 1, 1e-6, 1e6));
  out.logit_scale = 1.0F / static_cast<float>(keys.real_or("logit_scale", 1, 1e-6, 1e6));
  const std::int64_t window = form.slides_every == 0 ? 0 : keys.whole("attention.sliding_window", 1, INT32_MAX);
  const std::int64_t left_out = keys.whole_or("nextn_predict_layers", 0, 0, k.layers - 1);
  if (keys.failure()) return *keys.failure();
  auto turns = read_rope(keys, source, form.pairs, k.key_width, cache.context, true);
  if (!turns) return turns.error();
  out.turns = std::move(*turns);
  if (auto ends = read_ends(source, k, form, out); !ends) return ends.error();
  grouped_attention_options options = k.attention_options();
  options.norms = form.norms;
  options.sinks = form.sinks;
  options.scales_queries = form.scales_queries;
  options.residual_scale = out.residual_scale;
  for (std::int64_t i = 0; i < k.layers; ++i) {
    const std::string prefix = "blk." + std::to_string(i) + ".";
    if (i >= k.layers - left_out) {  // layers that guess further tokens, behind those that compute the next
      source.leave_out(prefix);
      continue;
    }
    layer next;
    options.window = form.slides_every != 0 && i % form.slides_every == 0 ? window : 0;
    auto mixer = make_grouped_attention(source, prefix, options, cache);
    if (!mixer) return mixer.error();
    next.mixer = std::move(*mixer);
    if (auto rest = read_feed_forward(source, prefix, k, form, next); !rest) return rest.error();
    out.layers.push_back(std::move(next));
  }
  return out;
}

}  // namespace moesaic::decoder
