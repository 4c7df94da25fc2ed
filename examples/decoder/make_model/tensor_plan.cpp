// SPDX-License-Identifier: MIT
#include "tensor_plan.hpp"

#include <cmath>
#include <string_view>

namespace moesaic::decoder {

namespace {

/// What the tensors of an architecture have beside those of Mixtral.
struct extras {
  enum { none, by_head, of_all } norms = none;
  bool input_biases = false;  // of query, key and value
  bool mixed_bias = false;    // of the attention's output
  bool norm_biases = false;
  bool output_bias = false;
  bool expert_biases = false;
  bool choice_bias = false;
  bool sinks = false;
  bool shared = false;
  bool shared_gate = false;
  const char* second_norm = "ffn_norm";
};

extras extras_of(const recipe& r) {
  extras e;
  const std::string& a = r.architecture;
  if (a == "qwen3" || a == "qwen3moe" || a == "glm4moe") e.norms = extras::by_head;
  if (a == "olmoe" || a == "minimax-m2") e.norms = extras::of_all;
  e.input_biases = a == "qwen2moe" || a == "phimoe" || a == "glm4moe" || a == "gpt-oss";
  e.mixed_bias = a == "phimoe" || a == "gpt-oss";
  e.norm_biases = e.output_bias = a == "phimoe";
  e.expert_biases = e.sinks = a == "gpt-oss";
  e.choice_bias = a == "glm4moe" || a == "minimax-m2" || (is_latent(r) && r.sigmoid);
  e.shared_gate = a == "qwen2moe";
  e.shared = r.shared > 0 && (a == "qwen2moe" || a == "granitemoe" || a == "glm4moe" || is_latent(r));
  if (a == "glm4moe" || a == "gpt-oss") e.second_norm = "post_attention_norm";
  return e;
}

class planner {
 public:
  explicit planner(const recipe& r) : r_(r), has_(extras_of(r)) {}
  std::vector<tensor_plan> all();

 private:
  void add(std::string name, ggml_type type, std::vector<std::int64_t> extent, float spread, float center = 0) {
    out_.push_back({std::move(name), type, std::move(extent), spread, center});
  }
  void matrix(const std::string& name, std::int64_t columns, std::int64_t rows, ggml_type type, float gain = 1.0F) {
    add(name + ".weight", type, {columns, rows}, gain / std::sqrt(static_cast<float>(columns)));
  }
  void bias(const std::string& name, std::vector<std::int64_t> extent, float spread = 0.1F) { add(name + ".bias", GGML_TYPE_F32, std::move(extent), spread); }
  void norm(const std::string& name, std::int64_t length) {
    add(name + ".weight", GGML_TYPE_F32, {length}, 0.1F, 1.0F);
    if (has_.norm_biases) bias(name, {length});
  }
  void attention(const std::string& block);
  void latent_attention(const std::string& block);
  void gated(const std::string& block, const char* suffix, std::int64_t inner, ggml_type down);
  void experts(const std::string& block, ggml_type down);

  const recipe& r_;
  extras has_;
  std::vector<tensor_plan> out_;
};

void planner::attention(const std::string& block) {
  const std::int64_t queries = r_.heads * r_.head_width;
  const std::int64_t keys = r_.key_value_heads * r_.head_width;
  matrix(block + "attn_q", r_.width, queries, r_.type, 1.5F);
  matrix(block + "attn_k", r_.width, keys, r_.type, 1.5F);
  matrix(block + "attn_v", r_.width, keys, r_.type);
  matrix(block + "attn_output", queries, r_.width, r_.type, r_.attention_gain);
  if (has_.input_biases) {
    bias(block + "attn_q", {queries});
    bias(block + "attn_k", {keys});
    bias(block + "attn_v", {keys});
  }
  if (has_.mixed_bias) bias(block + "attn_output", {r_.width});
  if (has_.sinks) add(block + "attn_sinks.weight", GGML_TYPE_F32, {r_.heads}, 1.0F);
  if (has_.norms == extras::none) return;
  add(block + "attn_q_norm.weight", GGML_TYPE_F32, {has_.norms == extras::of_all ? queries : r_.head_width}, 0.1F, 1.0F);
  add(block + "attn_k_norm.weight", GGML_TYPE_F32, {has_.norms == extras::of_all ? keys : r_.head_width}, 0.1F, 1.0F);
}

void planner::latent_attention(const std::string& block) {
  const std::int64_t queries = r_.heads * r_.head_width;
  const std::int64_t plain = r_.head_width - rotary_of(r_);
  if (r_.query_rank == 0) {
    matrix(block + "attn_q", r_.width, queries, r_.type, 1.5F);
  } else {
    matrix(block + "attn_q_a", r_.width, r_.query_rank, r_.type);
    norm(block + "attn_q_a_norm", r_.query_rank);
    matrix(block + "attn_q_b", r_.query_rank, queries, r_.type, 1.5F);
  }
  matrix(block + "attn_kv_a_mqa", r_.width, r_.latent + rotary_of(r_), r_.type);
  norm(block + "attn_kv_a_norm", r_.latent);
  if (r_.latent_together) {
    matrix(block + "attn_kv_b", r_.latent, r_.heads * (plain + r_.head_width), r_.type, 1.5F);
  } else {
    add(block + "attn_k_b.weight", r_.type, {plain, r_.latent, r_.heads}, 1.5F / std::sqrt(static_cast<float>(r_.latent)));
    add(block + "attn_v_b.weight", r_.type, {r_.latent, r_.head_width, r_.heads}, 1.0F / std::sqrt(static_cast<float>(r_.latent)));
  }
  matrix(block + "attn_output", queries, r_.width, r_.type, r_.attention_gain);
}

void planner::gated(const std::string& block, const char* suffix, std::int64_t inner, ggml_type down) {
  for (const char* part : {"gate", "up", "down"}) {
    const bool back = std::string_view(part) == "down";
    matrix(block + "ffn_" + part + suffix, back ? inner : r_.width, back ? r_.width : inner, back ? down : r_.type, back ? 2.0F : 1.5F);
  }
}

void planner::experts(const std::string& block, ggml_type down) {
  matrix(block + "ffn_gate_inp", r_.width, r_.experts, GGML_TYPE_F32, 1.5F);
  if (has_.expert_biases) bias(block + "ffn_gate_inp", {r_.experts});
  if (has_.choice_bias) bias(block + "exp_probs_b", {r_.experts}, 0.2F);
  for (const char* part : {"gate", "up", "down"}) {
    const bool back = std::string_view(part) == "down";
    const std::int64_t columns = back ? r_.inner : r_.width;
    const std::int64_t rows = back ? r_.width : r_.inner;
    const std::string stem = block + "ffn_" + part;
    const float spread = (back ? 2.0F : 1.5F) / std::sqrt(static_cast<float>(columns));
    if (!r_.one_tensor_per_expert) add(stem + "_exps.weight", back ? down : r_.type, {columns, rows, r_.experts}, spread);
    for (std::int64_t e = 0; r_.one_tensor_per_expert && e < r_.experts; ++e)
      add(stem + "." + std::to_string(e) + ".weight", back ? down : r_.type, {columns, rows}, spread);
    if (has_.expert_biases) bias(stem + "_exps", {rows, r_.experts});
  }
  if (has_.shared) gated(block, "_shexp", r_.shared, down);
  if (has_.shared && has_.shared_gate) add(block + "ffn_gate_inp_shexp.weight", GGML_TYPE_F32, {r_.width}, 1.0F / std::sqrt(static_cast<float>(r_.width)));
}

std::vector<tensor_plan> planner::all() {
  out_.push_back({"token_embd.weight", r_.type, {r_.width, r_.vocabulary}, r_.embedding_gain, 0, r_.topics});
  norm("output_norm", r_.width);
  if (!r_.tied) matrix("output", r_.width, r_.vocabulary, r_.type, 2.0F);
  if (has_.output_bias) bias("output", {r_.vocabulary});
  if (r_.rope_factors) add("rope_freqs.weight", GGML_TYPE_F32, {rotary_of(r_) / 2}, 0.25F, 1.5F);
  if (r_.long_factors)
    for (const char* name : {"rope_factors_long.weight", "rope_factors_short.weight"}) add(name, GGML_TYPE_F32, {rotary_of(r_) / 2}, 0.25F, 1.5F);
  const std::int64_t further = r_.architecture == "glm4moe" ? r_.further_layers : 0;
  for (std::int64_t i = 0; i < r_.layers + further; ++i) {
    const std::string block = "blk." + std::to_string(i) + ".";
    const ggml_type down = i % 2 == 1 && r_.down_type != GGML_TYPE_COUNT ? r_.down_type : r_.type;
    norm(block + "attn_norm", r_.width);
    is_latent(r_) ? latent_attention(block) : attention(block);
    norm(block + has_.second_norm, r_.width);
    const bool dense = r_.experts == 0 || ((is_latent(r_) || r_.architecture == "glm4moe") && i < r_.dense_layers);
    dense ? gated(block, "", r_.inner, down) : experts(block, down);
    if (i < r_.layers) continue;
    matrix(block + "nextn.eh_proj", 2 * r_.width, r_.width, r_.type);
    norm(block + "nextn.enorm", r_.width);
    norm(block + "nextn.hnorm", r_.width);
    norm(block + "nextn.shared_head_norm", r_.width);
  }
  return std::move(out_);
}

}  // namespace

std::vector<tensor_plan> plan_tensors(const recipe& r) { return planner(r).all(); }

}  // namespace moesaic::decoder
