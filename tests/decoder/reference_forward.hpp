// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <engine/gguf_file.hpp>

namespace engine_test {

/// A forward pass as the models' papers define it: one token, double precision, plain loops, nothing shared with the engine
/// but the reading of the header and ggml's expansion of stored numbers. Slow and obvious on purpose.
class reference_forward {
 public:
  using numbers = std::vector<double>;

  explicit reference_forward(const moesaic::decoder::gguf_file& file) : file_(file), architecture_(*file.text("general.architecture")) {
    width_ = whole("embedding_length");
    layers_ = whole("block_count");
    heads_ = whole("attention.head_count");
    key_value_heads_ = whole("attention.head_count_kv");
    head_width_ = whole("attention.key_length");
    vocabulary_ = file.find("token_embd.weight")->extent[1];
    if (file.has(architecture_ + ".expert_count")) top_k_ = whole("expert_used_count");
    epsilon_ = *file.real(architecture_ + ".attention.layer_norm_rms_epsilon");
    base_ = *file.real(architecture_ + ".rope.freq_base");
    if (file.has(architecture_ + ".rope.scaling.factor")) stretch_ = *file.real(architecture_ + ".rope.scaling.factor");
    keys_.resize(layers_);
    values_.resize(layers_);
  }

  std::size_t top_k() const { return top_k_; }
  /// Experts chosen for the last token, [layer][rank], and the smallest gap between the last chosen probability and the first
  /// left out.
  std::vector<std::vector<std::size_t>> chosen;
  double smallest_gap = 1;

  /// Logits after one more token.
  numbers next(std::size_t token) {
    chosen.clear();
    numbers x = row_of("token_embd.weight", token);
    for (std::size_t layer = 0; layer < layers_; ++layer) {
      const std::string block = "blk." + std::to_string(layer) + ".";
      add(x, attention(layer, block, norm(x, block + "attn_norm.weight")));
      const numbers n = norm(x, block + "ffn_norm.weight");
      add(x, file_.find(block + "ffn_gate_inp.weight") != nullptr
                 ? experts(block, n)
                 : feed_forward(block + "ffn_gate.weight", block + "ffn_up.weight", block + "ffn_down.weight", 0, n));
    }
    ++position_;
    return times(file_.find("output.weight") != nullptr ? "output.weight" : "token_embd.weight", 0, norm(x, "output_norm.weight"));
  }

 private:
  std::size_t whole(const std::string& key) const { return static_cast<std::size_t>(*file_.whole(architecture_ + "." + key)); }

  static void add(numbers& to, const numbers& what) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += what[i];
  }

  /// A whole tensor, expanded; kept, because the passes ask again and again.
  const numbers& tensor(const std::string& name) {
    numbers& out = expanded_[name];
    if (!out.empty()) return out;
    const auto* t = file_.find(name);
    REQUIRE_MESSAGE(t != nullptr, name);
    std::vector<std::byte> raw(t->bytes);
    REQUIRE(file_.read(t->file_offset, raw));
    std::vector<float> floats(t->extent[0] * t->extent[1] * t->extent[2]);
    if (t->type == GGML_TYPE_F32)
      std::copy_n(reinterpret_cast<const float*>(raw.data()), floats.size(), floats.begin());
    else
      ggml_get_type_traits(t->type)->to_float(raw.data(), floats.data(), static_cast<std::int64_t>(floats.size()));
    out.assign(floats.begin(), floats.end());
    return out;
  }

  numbers row_of(const std::string& name, std::size_t row) {
    const std::size_t columns = file_.find(name)->extent[0];
    const auto first = tensor(name).begin() + static_cast<std::ptrdiff_t>(row * columns);
    return {first, first + static_cast<std::ptrdiff_t>(columns)};
  }

  /// Matrix number `slice` of the tensor, times x.
  numbers times(const std::string& name, std::size_t slice, const numbers& x) {
    const numbers& m = tensor(name);
    const std::size_t columns = file_.find(name)->extent[0];
    const std::size_t rows = file_.find(name)->extent[1];
    REQUIRE(columns == x.size());
    numbers out(rows, 0.0);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) out[r] += m[(slice * rows + r) * columns + c] * x[c];
    return out;
  }

  numbers norm(const numbers& x, const std::string& name) {
    const numbers& weight = tensor(name);
    double squares = 0;
    for (const double v : x) squares += v * v;
    numbers out(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) out[i] = x[i] / std::sqrt(squares / static_cast<double>(x.size()) + epsilon_) * weight[i];
    return out;
  }

  static void softmax(numbers& x) {
    const double largest = *std::ranges::max_element(x);
    for (double& v : x) v = std::exp(v - largest);
    const double sum = std::accumulate(x.begin(), x.end(), 0.0);
    for (double& v : x) v /= sum;
  }

  /// Rotary position embedding; llama files pair neighbours, qwen files pair halves.
  void rotate(numbers& head) {
    const std::size_t half = head_width_ / 2;
    for (std::size_t i = 0; i < half; ++i) {
      const double divisor = file_.find("rope_freqs.weight") != nullptr ? tensor("rope_freqs.weight")[i] : 1.0;
      const double angle =
          static_cast<double>(position_) / stretch_ / divisor * std::pow(base_, -2.0 * static_cast<double>(i) / static_cast<double>(head_width_));
      double& a = architecture_ == "llama" ? head[2 * i] : head[i];
      double& b = architecture_ == "llama" ? head[2 * i + 1] : head[i + half];
      const double turned = a * std::cos(angle) - b * std::sin(angle);
      b = a * std::sin(angle) + b * std::cos(angle);
      a = turned;
    }
  }

  numbers head_of(const numbers& all, std::size_t head) const {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(head * head_width_);
    return {first, first + static_cast<std::ptrdiff_t>(head_width_)};
  }

  numbers attention(std::size_t layer, const std::string& block, const numbers& x) {
    const numbers queries = times(block + "attn_q.weight", 0, x);
    const numbers keys = times(block + "attn_k.weight", 0, x);
    const numbers values = times(block + "attn_v.weight", 0, x);
    const bool norms = architecture_ != "llama";
    for (std::size_t h = 0; h < key_value_heads_; ++h) {
      numbers key = norms ? norm(head_of(keys, h), block + "attn_k_norm.weight") : head_of(keys, h);
      rotate(key);
      keys_[layer].push_back(key);
      values_[layer].push_back(head_of(values, h));
    }
    numbers mixed;
    for (std::size_t h = 0; h < heads_; ++h) {
      numbers query = norms ? norm(head_of(queries, h), block + "attn_q_norm.weight") : head_of(queries, h);
      rotate(query);
      const std::size_t shared = h / (heads_ / key_value_heads_);
      numbers scores;
      for (std::size_t p = 0; p <= position_; ++p)
        scores.push_back(std::inner_product(query.begin(), query.end(), keys_[layer][p * key_value_heads_ + shared].begin(), 0.0) /
                         std::sqrt(static_cast<double>(head_width_)));
      softmax(scores);
      numbers out(head_width_, 0.0);
      for (std::size_t p = 0; p <= position_; ++p)
        for (std::size_t d = 0; d < head_width_; ++d) out[d] += scores[p] * values_[layer][p * key_value_heads_ + shared][d];
      mixed.insert(mixed.end(), out.begin(), out.end());
    }
    return times(block + "attn_output.weight", 0, mixed);
  }

  numbers feed_forward(const std::string& gate, const std::string& up, const std::string& down, std::size_t slice, const numbers& x) {
    numbers hidden = times(gate, slice, x);
    const numbers factor = times(up, slice, x);
    for (std::size_t i = 0; i < hidden.size(); ++i) hidden[i] = hidden[i] / (1 + std::exp(-hidden[i])) * factor[i];
    return times(down, slice, hidden);
  }

  numbers experts(const std::string& block, const numbers& x) {
    numbers probability = times(block + "ffn_gate_inp.weight", 0, x);
    softmax(probability);
    std::vector<std::size_t> order(probability.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return probability[a] > probability[b]; });
    if (top_k_ < order.size()) smallest_gap = std::min(smallest_gap, probability[order[top_k_ - 1]] - probability[order[top_k_]]);
    order.resize(top_k_);
    double sum = 0;
    for (const std::size_t e : order) sum += probability[e];
    numbers out(width_, 0.0);
    for (const std::size_t e : order) {
      const bool together = file_.find(block + "ffn_gate_exps.weight") != nullptr;
      const std::string tail = together ? "_exps.weight" : "." + std::to_string(e) + ".weight";
      const numbers one = feed_forward(block + "ffn_gate" + tail, block + "ffn_up" + tail, block + "ffn_down" + tail, together ? e : 0, x);
      for (std::size_t i = 0; i < width_; ++i) out[i] += probability[e] / sum * one[i];
    }
    chosen.push_back(order);
    return out;
  }

  const moesaic::decoder::gguf_file& file_;
  std::string architecture_;
  std::size_t width_ = 0, layers_ = 0, heads_ = 0, key_value_heads_ = 0, head_width_ = 0, vocabulary_ = 0, top_k_ = 0, position_ = 0;
  double epsilon_ = 0, base_ = 0, stretch_ = 1;
  std::vector<std::vector<numbers>> keys_, values_;  // [layer][position x head]
  std::map<std::string, numbers> expanded_;
};

}  // namespace engine_test
