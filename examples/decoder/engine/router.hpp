// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include <moesaic/core/expert.hpp>

namespace moesaic::decoder {

/// How a row of router logits becomes experts and weights.
struct router_options {
  std::int64_t experts = 0;
  std::int64_t top_k = 0;
  bool renormalise = true;  ///< the chosen weights are divided by their sum
  float scale = 1.0F;       ///< and multiplied by this
};

/// Chooses the top_k experts of one row after a softmax over all logits (overwritten by the probabilities). Rank order:
/// descending probability. Ties: the lower expert comes first; a probability that is not a number counts as the least.
void choose_experts(const router_options& options, std::span<float> logits, std::span<expert_index> chosen,
                    std::span<float> weights) noexcept;

}  // namespace moesaic::decoder
