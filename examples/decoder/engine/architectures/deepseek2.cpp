// SPDX-License-Identifier: MIT
#include <cmath>

#include "architectures.hpp"

namespace moesaic::decoder {

namespace {

/// Widths of the latent attention. New files say what a head computes with in keys ending in _mla, older ones in the plain keys.
latent_attention_options read_widths(model_keys& keys, const common_keys& k) {
  latent_attention_options o;
  o.width = k.width;
  o.heads = k.heads;
  o.query_rank = keys.whole_or("attention.q_lora_rank", 0, 0, 1 << 16);
  o.latent = keys.whole("attention.kv_lora_rank", 1, 1 << 16);
  const std::int64_t head_width = keys.whole_or("attention.key_length_mla", k.key_width, 2, 8'192);
  o.turned_width = keys.whole("rope.dimension_count", 2, 8'192);
  o.value_width = keys.whole_or("attention.value_length_mla", k.value_width, 1, 8'192);
  keys.require(o.turned_width < head_width, "the rotary dimensions leave nothing of a head that does not turn");
  o.plain_width = head_width - o.turned_width;
  // YaRN lengthens the scores here, not what is turned (DeepSeek-V2 has mscale and mscale_all_dim equal).
  const double factor = keys.real_or("rope.scaling.factor", 1, 0, 1e6);
  const double growth = keys.real_or("rope.scaling.yarn_log_multiplier", 0, 0, 1e3);
  const bool yarn = keys.text_or("rope.scaling.type", "none") == "yarn";
  const float longer = yarn && factor > 1 ? 1.0F + static_cast<float>(growth) * std::log(static_cast<float>(factor)) : 1.0F;
  o.scale = longer * longer / std::sqrt(static_cast<float>(head_width));
  o.epsilon = k.epsilon;
  return o;
}

result<network> read(weight_source& source, cache_options cache) {
  layer_form form;
  form.renormalise = false;
  form.choice_bias = true;
  form.shared = shared_experts::plain;
  model_keys keys(source.file(), "deepseek2");
  common_keys k = read_common_keys(keys);
  read_router_keys(keys, form, k);
  const latent_attention_options widths = read_widths(keys, k);
  if (keys.failure()) return *keys.failure();
  network out;
  auto turns = read_rope(keys, source, form.pairs, widths.turned_width, cache.context, false);
  if (!turns) return turns.error();
  out.turns = std::move(*turns);
  if (auto ends = read_ends(source, k, form, out); !ends) return ends.error();
  for (std::int64_t i = 0; i < k.layers; ++i) {
    const std::string prefix = "blk." + std::to_string(i) + ".";
    layer next;
    auto mixer = make_latent_attention(source, prefix, widths, cache);
    if (!mixer) return mixer.error();
    next.mixer = std::move(*mixer);
    if (auto rest = read_feed_forward(source, prefix, k, form, next); !rest) return rest.error();
    out.layers.push_back(std::move(next));
  }
  return out;
}

}  // namespace

/// DeepSeek-V2, V2-Lite, V3 and their kin: multi-head latent attention, first layers dense, shared experts; softmax gates, or sigmoid
/// gates with a bias for the choice, experts in groups.
const architecture deepseek2_architecture{"deepseek2", read};

}  // namespace moesaic::decoder
