// SPDX-License-Identifier: MIT
#include "layer_reader.hpp"

#include <array>
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
  k.expert_weight_scale = static_cast<float>(keys.real_or("expert_weights_scale", 1, 0, 1e6));
  if (k.expert_weight_scale == 0) k.expert_weight_scale = 1;  // how converters write "none"
  return k;
}

result<rope> read_rope(model_keys& keys, weight_source& source, rope_pairs pairs, std::int64_t key_width) {
  rope_options o;
  o.pairs = pairs;
  o.dimensions = keys.whole_or("rope.dimension_count", key_width, 2, key_width);
  keys.require(o.dimensions % 2 == 0, "the number of rotary dimensions is odd");
  o.base = static_cast<float>(keys.real_or("rope.freq_base", 10'000, 1e-3, 1e12));
  const double plain = keys.real_or("rope.scale_linear", 1, 0, 1e6);  // the name of the key in older files
  const std::string kind = keys.text_or("rope.scaling.type", plain == 1 || plain == 0 ? "none" : "linear");
  const double factor = keys.real_or("rope.scaling.factor", plain, 0, 1e6);
  if (kind == "linear" && factor > 0)
    o.scale = static_cast<float>(1.0 / factor);
  else if (kind != "none" && kind != "linear")
    keys.require(false, "rope.scaling.type is " + printable(kind) + "; this decoder knows none and linear");
  if (keys.failure()) return *keys.failure();
  auto factors = source.take_vector_if_any("rope_freqs.weight", o.dimensions / 2);
  if (!factors) return factors.error();
  o.factors = std::move(*factors);
  return rope(std::move(o));
}

result<void> read_ends(weight_source& source, const common_keys& keys, network& into) {
  const gguf_tensor* embedding = source.file().find("token_embd.weight");
  into.width = keys.width;
  into.vocabulary = embedding == nullptr ? 1 : static_cast<std::int64_t>(embedding->extent[1]);
  if (into.vocabulary > (1 << 24))
    return error(error_code::bad_file, source.file().path(), ": a vocabulary of ", into.vocabulary,
                 " tokens is more than this decoder takes (2^24)");
  auto matrix_in = source.take_matrix("token_embd.weight", keys.width, into.vocabulary);
  if (!matrix_in) return matrix_in.error();
  auto matrix_out = source.take_matrix_if_any("output.weight", keys.width, into.vocabulary);
  if (!matrix_out) return matrix_out.error();
  auto norm = source.take_vector("output_norm.weight", keys.width);
  if (!norm) return norm.error();
  into.embedding = *matrix_in;
  into.output = *matrix_out ? *matrix_out : *matrix_in;
  into.output_norm = {std::move(*norm), keys.epsilon};
  return {};
}

namespace {

constexpr std::array part_names{"gate", "up", "down"};

matrix without_data(const gguf_tensor& t) noexcept {
  return {t.type, static_cast<std::int64_t>(t.extent[0]), static_cast<std::int64_t>(t.extent[1]), nullptr};
}

bool same_form(const matrix& a, const matrix& b) noexcept {
  return a.type == b.type && a.columns == b.columns && a.rows == b.rows;
}

/// One part of all experts of a layer: a tensor with one slice for each expert, or, in older files, a tensor for each.
result<matrix> read_part(weight_source& source, const std::string& prefix, std::size_t part, std::vector<expert_parts>& into) {
  const std::string stem = prefix + "ffn_" + part_names[part];
  const auto bad = [&](const auto&... why) { return error(error_code::bad_file, source.file().path(), ": ", stem, why...); };
  auto together = source.leave_in_file(stem + "_exps.weight");
  if (!together) return together.error();
  if (const gguf_tensor* t = *together; t != nullptr) {
    if (t->extent[2] != into.size() || t->extent[3] != 1)
      return bad("_exps.weight holds ", t->extent[2], " experts; the keys say ", into.size());
    const std::uint64_t each = t->bytes / t->extent[2];
    for (std::size_t e = 0; e < into.size(); ++e) into[e][part] = {t->file_offset + e * each, each};
    return without_data(*t);
  }
  matrix form;
  for (std::size_t e = 0; e < into.size(); ++e) {
    auto one = source.leave_in_file(stem + "." + std::to_string(e) + ".weight");
    if (!one) return one.error();
    const gguf_tensor* t = *one;
    if (t == nullptr)
      return bad("_exps.weight is missing (and so is ", stem, ".", e,
                 ".weight, as older files name it); the model is incomplete");
    if (e == 0) form = without_data(*t);
    if (!same_form(form, without_data(*t)) || t->extent[2] * t->extent[3] != 1)
      return bad(".", e, ".weight differs in type or shape from expert 0");
    into[e][part] = {t->file_offset, t->bytes};
  }
  return form;
}

result<routed_feed_forward> read_routed(weight_source& source, const std::string& prefix, const common_keys& keys) {
  if (keys.experts == 0)
    return error(error_code::bad_file, source.file().path(), ": ", prefix,
                 "ffn_gate_inp.weight is a router, but there is no key expert_count");
  routed_feed_forward out;
  auto router = source.take_matrix(prefix + "ffn_gate_inp.weight", keys.width, keys.experts);
  if (!router) return router.error();
  out.router = *router;
  out.options = {keys.experts, keys.top_k, true, keys.expert_weight_scale};
  out.parts.resize(static_cast<std::size_t>(keys.experts));
  const std::array into{&out.form.gate, &out.form.up, &out.form.down};
  for (std::size_t part = 0; part < into.size(); ++part) {
    auto form = read_part(source, prefix, part, out.parts);
    if (!form) return form.error();
    *into[part] = *form;
  }
  const gated_weights& f = out.form;
  if (f.gate.columns != keys.width || f.up.columns != keys.width || f.down.rows != keys.width || f.gate.rows != f.up.rows ||
      f.down.columns != f.gate.rows)
    return error(error_code::bad_file, source.file().path(), ": the experts of ", prefix,
                 " do not fit together or not into a width of ", keys.width);
  return out;
}

result<gated_weights> read_dense(weight_source& source, const std::string& prefix, const common_keys& keys) {
  const gguf_tensor* gate = source.file().find(prefix + "ffn_gate.weight");
  const auto inner = gate == nullptr ? 1 : static_cast<std::int64_t>(gate->extent[1]);
  gated_weights out;
  const std::array into{&out.gate, &out.up, &out.down};
  for (std::size_t part = 0; part < into.size(); ++part) {
    const bool back = part == 2;
    auto read =
        source.take_matrix(prefix + "ffn_" + part_names[part] + ".weight", back ? inner : keys.width, back ? keys.width : inner);
    if (!read) return read.error();
    *into[part] = *read;
  }
  return out;
}

}  // namespace

result<void> read_feed_forward(weight_source& source, const std::string& prefix, const common_keys& keys, layer& into) {
  auto first = source.take_vector(prefix + "attn_norm.weight", keys.width);
  if (!first) return first.error();
  auto second = source.take_vector(prefix + "ffn_norm.weight", keys.width);
  if (!second) return second.error();
  into.attention_norm = {std::move(*first), keys.epsilon};
  into.feed_forward_norm = {std::move(*second), keys.epsilon};
  if (source.file().find(prefix + "ffn_gate_inp.weight") != nullptr) {
    auto routed = read_routed(source, prefix, keys);
    if (!routed) return routed.error();
    into.feed_forward = std::move(*routed);
  } else {
    auto dense = read_dense(source, prefix, keys);
    if (!dense) return dense.error();
    into.feed_forward = *dense;
  }
  return {};
}

result<network> read_plain_network(weight_source& source, model_keys& keys, rope_pairs pairs, bool head_norms,
                                   cache_options cache) {
  const common_keys k = read_common_keys(keys);
  if (keys.failure()) return *keys.failure();
  network out;
  auto turns = read_rope(keys, source, pairs, k.key_width);
  if (!turns) return turns.error();
  out.turns = std::move(*turns);
  if (auto ends = read_ends(source, k, out); !ends) return ends.error();
  grouped_attention_options options = k.attention_options();
  options.head_norms = head_norms;
  for (std::int64_t i = 0; i < k.layers; ++i) {
    const std::string prefix = "blk." + std::to_string(i) + ".";
    layer next;
    auto mixer = make_grouped_attention(source, prefix, options, cache);
    if (!mixer) return mixer.error();
    next.mixer = std::move(*mixer);
    if (auto rest = read_feed_forward(source, prefix, k, next); !rest) return rest.error();
    out.layers.push_back(std::move(next));
  }
  return out;
}

}  // namespace moesaic::decoder
