// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <moesaic/moesaic.hpp>

/// Stands for the engine you have: weights, a router, a kernel, a layer loop. It knows nothing of budgets. Its experts are
/// square matrices; a running mean of the words before stands for attention, so that near tokens want similar experts.
class small_engine {
 public:
  static constexpr std::uint32_t layers = 6, experts = 32, top_k = 4, width = 64, vocabulary = 300;
  static constexpr moesaic::bytes expert_size{sizeof(float) * width * width};

  small_engine()
      : embeddings_(random_floats(std::size_t{vocabulary} * width)),
        routers_(random_floats(std::size_t{layers} * experts * width)),
        experts_(random_floats(std::size_t{layers} * experts * width * width)) {}

  /// One expert's weights where they were loaded to: slow memory.
  [[nodiscard]] const std::byte* stored(std::uint32_t layer, std::uint32_t expert) const {
    return reinterpret_cast<const std::byte*>(&experts_[(std::size_t{layer} * experts + expert) * width * width]);
  }

  /// A forward pass over some tokens. `run_experts(layer)` has to call `run` for every expert that `routes()` names.
  template <class RunExperts>
  [[nodiscard]] moesaic::result<void> forward(std::span<const std::uint32_t> tokens, RunExperts run_experts) {
    tokens_ = static_cast<std::uint32_t>(tokens.size());
    hidden_.clear();
    for (const std::uint32_t t : tokens)
      for (std::uint32_t i = 0; i < width; ++i) {
        const float embedded = embeddings_[t * width + i];
        context_[i] += (embedded - context_[i]) / 8;
        hidden_.push_back(embedded + 8 * context_[i]);
      }
    for (std::uint32_t layer = 0; layer < layers; ++layer) {
      route(layer);
      outputs_.assign(routes_.size() * width, 0);
      if (moesaic::result<void> ran = run_experts(layer); !ran) return ran;
      combine();
    }
    return {};
  }

  [[nodiscard]] std::uint32_t tokens() const { return tokens_; }
  [[nodiscard]] std::span<const moesaic::expert_index> routes() const { return routes_; }  ///< [tokens][top_k]
  [[nodiscard]] std::span<const float> gates() const { return gates_; }                    ///< beside them
  [[nodiscard]] std::span<const float> hidden() const { return hidden_; }                  ///< [tokens][width]

  /// Multiplies an expert's matrix with every token that is routed to it. Outputs stay apart until `combine`, so the result
  /// does not depend on the order in which experts come.
  void run(moesaic::expert_index expert, const std::byte* weights) {
    const auto* matrix = reinterpret_cast<const float*>(weights);
    for (std::size_t i = 0; i < routes_.size(); ++i) {
      if (routes_[i] != expert) continue;
      const float* x = &hidden_[i / top_k * width];
      for (std::size_t row = 0; row < width; ++row) outputs_[i * width + row] = std::inner_product(x, x + width, matrix + row * width, 0.0F);
    }
  }

 private:
  [[nodiscard]] std::vector<float> random_floats(std::size_t count) {
    std::vector<float> values(count);
    for (float& v : values) {
      seed_ = seed_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
      v = static_cast<float>(static_cast<std::int64_t>(seed_ >> 40U) - (1 << 23)) / static_cast<float>(1 << 25);
    }
    return values;
  }
  void route(std::uint32_t layer) {
    routes_.clear();
    gates_.clear();
    std::vector<float> score(experts);
    std::vector<std::uint32_t> order(experts);
    for (std::uint32_t t = 0; t < tokens_; ++t) {
      const float* x = &hidden_[t * width];
      for (std::uint32_t e = 0; e < experts; ++e) score[e] = std::inner_product(x, x + width, &routers_[(std::size_t{layer} * experts + e) * width], 0.0F);
      std::iota(order.begin(), order.end(), 0U);
      std::partial_sort(order.begin(), order.begin() + top_k, order.end(), [&](auto a, auto b) { return score[a] > score[b]; });
      for (std::uint32_t k = 0; k < top_k; ++k) {
        routes_.push_back(static_cast<moesaic::expert_index>(order[k]));
        gates_.push_back(1.0F / (1.0F + std::exp(-score[order[k]])));
      }
    }
  }
  void combine() {
    for (std::size_t i = 0; i < routes_.size(); ++i)
      for (std::size_t j = 0; j < width; ++j) hidden_[i / top_k * width + j] += gates_[i] * outputs_[i * width + j] / top_k;
  }

  std::uint64_t seed_ = 1;
  std::vector<float> embeddings_, routers_, experts_;
  std::uint32_t tokens_ = 0;
  std::vector<float> context_ = std::vector<float>(width);
  std::vector<float> hidden_, gates_, outputs_;
  std::vector<moesaic::expert_index> routes_;
};
