// SPDX-License-Identifier: MIT
#include <array>

#include "layer_reader.hpp"

namespace moesaic::decoder {

namespace {

constexpr std::array part_names{"gate", "up", "down"};

matrix without_data(const gguf_tensor& t) noexcept { return {t.type, static_cast<std::int64_t>(t.extent[0]), static_cast<std::int64_t>(t.extent[1]), nullptr}; }

bool same_form(const matrix& a, const matrix& b) noexcept { return a.type == b.type && a.columns == b.columns && a.rows == b.rows; }

/// One part of all experts of a layer: a tensor with one slice for each expert, or, in older files, a tensor for each.
result<matrix> read_part(weight_source& source, const std::string& prefix, std::size_t part, std::vector<expert_parts>& into) {
  const std::string stem = prefix + "ffn_" + part_names[part];
  const auto bad = [&](const auto&... why) { return error(error_code::bad_file, source.file().path(), ": ", stem, why...); };
  auto together = source.leave_in_file(stem + "_exps.weight");
  if (!together) return together.error();
  if (const gguf_tensor* t = *together; t != nullptr) {
    if (t->extent[2] != into.size() || t->extent[3] != 1) return bad("_exps.weight holds ", t->extent[2], " experts; the keys say ", into.size());
    const std::uint64_t each = t->bytes / t->extent[2];
    for (std::size_t e = 0; e < into.size(); ++e) into[e][part] = {t->file_offset + e * each, each, t->file};
    return without_data(*t);
  }
  matrix form;
  for (std::size_t e = 0; e < into.size(); ++e) {
    auto one = source.leave_in_file(stem + "." + std::to_string(e) + ".weight");
    if (!one) return one.error();
    const gguf_tensor* t = *one;
    if (t == nullptr) return bad("_exps.weight is missing (and so is ", stem, ".", e, ".weight, as older files name it); the model is incomplete");
    if (e == 0) form = without_data(*t);
    if (!same_form(form, without_data(*t)) || t->extent[2] * t->extent[3] != 1) return bad(".", e, ".weight differs in type or shape from expert 0");
    into[e][part] = {t->file_offset, t->bytes, t->file};
  }
  return form;
}

result<void> read_expert_biases(weight_source& source, const std::string& prefix, routed_feed_forward& into) {
  const std::array places{&into.gate_bias, &into.up_bias, &into.down_bias};
  const std::array forms{&into.form.gate, &into.form.up, &into.form.down};
  for (std::size_t part = 0; part < places.size(); ++part) {
    auto bias = source.take_table(prefix + "ffn_" + part_names[part] + "_exps.bias", forms[part]->rows, into.options.experts);
    if (!bias) return bias.error();
    *places[part] = std::move(*bias);
  }
  return {};
}

/// Three resident matrices PREFIX.ffn_{gate,up,down}SUFFIX.weight; the first says how wide the inside is.
result<gated_weights> read_resident(weight_source& source, const std::string& prefix, std::string_view suffix, const common_keys& keys) {
  const auto name = [&](std::size_t part) { return prefix + "ffn_" + part_names[part] + std::string(suffix) + ".weight"; };
  const gguf_tensor* gate = source.file().find(name(0));
  const auto inner = gate == nullptr ? 1 : static_cast<std::int64_t>(gate->extent[1]);
  gated_weights out;
  const std::array into{&out.gate, &out.up, &out.down};
  for (std::size_t part = 0; part < into.size(); ++part) {
    const bool back = part == 2;
    auto read = source.take_matrix(name(part), back ? inner : keys.width, back ? keys.width : inner);
    if (!read) return read.error();
    *into[part] = *read;
  }
  return out;
}

result<shared_expert> read_shared(weight_source& source, const std::string& prefix, const common_keys& keys, bool gated) {
  shared_expert out;
  auto weights = read_resident(source, prefix, "_shexp", keys);
  if (!weights) return weights.error();
  out.weights = *weights;
  if (!gated) return out;
  auto gate = source.take_vector(prefix + "ffn_gate_inp_shexp.weight", keys.width);
  if (!gate) return gate.error();
  out.gate = std::move(*gate);
  return out;
}

result<routed_feed_forward> read_routed(weight_source& source, const std::string& prefix, const common_keys& keys, const layer_form& form) {
  if (keys.experts == 0)
    return error(error_code::bad_file, source.file().path(), ": ", prefix, "ffn_gate_inp.weight is a router, but there is no key expert_count");
  routed_feed_forward out;
  auto router = source.take_matrix(prefix + "ffn_gate_inp.weight", keys.width, keys.experts);
  if (!router) return router.error();
  out.router = *router;
  out.options = keys.router;
  if (form.biases) {
    auto bias = source.take_vector(prefix + "ffn_gate_inp.bias", keys.experts);
    if (!bias) return bias.error();
    out.router_bias = std::move(*bias);
  }
  if (form.choice_bias) {
    auto bias = source.take_vector_if_any(prefix + "exp_probs_b.bias", keys.experts);
    if (!bias) return bias.error();
    out.choice_bias = std::move(*bias);
    out.options.choice_bias = out.choice_bias;
  }
  out.parts.resize(static_cast<std::size_t>(keys.experts));
  const std::array into{&out.form.gate, &out.form.up, &out.form.down};
  for (std::size_t part = 0; part < into.size(); ++part) {
    auto of_part = read_part(source, prefix, part, out.parts);
    if (!of_part) return of_part.error();
    *into[part] = *of_part;
  }
  const gated_weights& f = out.form;
  if (f.gate.columns != keys.width || f.up.columns != keys.width || f.down.rows != keys.width || f.gate.rows != f.up.rows || f.down.columns != f.gate.rows)
    return error(error_code::bad_file, source.file().path(), ": the experts of ", prefix, " do not fit together or not into a width of ", keys.width);
  out.form.opens = form.opens;
  if (form.biases)
    if (auto read = read_expert_biases(source, prefix, out); !read) return read.error();
  const bool has_shared = source.file().find(prefix + "ffn_gate_shexp.weight") != nullptr;
  if (form.shared == shared_experts::gated || (form.shared == shared_experts::plain && has_shared)) {
    auto shared = read_shared(source, prefix, keys, form.shared == shared_experts::gated);
    if (!shared) return shared.error();
    out.shared = std::move(*shared);
  }
  return out;
}

}  // namespace

result<row_norm> read_norm(weight_source& source, const std::string& name, std::int64_t width, float epsilon, bool with_bias) {
  auto weight = source.take_vector(name + ".weight", width);
  if (!weight) return weight.error();
  row_norm out{std::move(*weight), epsilon};
  if (!with_bias) return out;
  auto bias = source.take_vector(name + ".bias", width);
  if (!bias) return bias.error();
  out.bias = std::move(*bias);
  return out;
}

result<void> read_feed_forward(weight_source& source, const std::string& prefix, const common_keys& keys, const layer_form& form, layer& into) {
  auto first = read_norm(source, prefix + "attn_norm", keys.width, keys.epsilon, form.norm_biases);
  if (!first) return first.error();
  auto second = read_norm(source, prefix + std::string(form.second_norm), keys.width, keys.epsilon, form.norm_biases);
  if (!second) return second.error();
  into.attention_norm = std::move(*first);
  into.feed_forward_norm = std::move(*second);
  if (source.file().find(prefix + "ffn_gate_inp.weight") != nullptr) {
    auto routed = read_routed(source, prefix, keys, form);
    if (!routed) return routed.error();
    into.feed_forward = std::move(*routed);
  } else {
    auto dense = read_resident(source, prefix, "", keys);
    if (!dense) return dense.error();
    into.feed_forward = *dense;
  }
  return {};
}

}  // namespace moesaic::decoder
