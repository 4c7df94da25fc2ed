// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/core/expert.hpp>

#include "network.hpp"
#include "workbench.hpp"

namespace moesaic::decoder {

/// Asks a layer's gate about a residual stream that is not (yet) the layer's own: an earlier layer's, or a drafter's. Answers the
/// probabilities over all experts, neither renormalised nor scaled, of twice as many experts as the layer routes to: who wants
/// fewer takes the first.
/// Cost: a norm and a product of width x experts for each row. Touches nothing that a model computes with.
class early_gate {
 public:
  /// How many experts a layer's gate answers for each row.
  [[nodiscard]] static std::size_t answers(const routed_feed_forward& block) noexcept { return static_cast<std::size_t>(asked(block).top_k); }
  /// Fills [rows][answers] of both, rank order. `stream`: [rows][width] before the layer's norm.
  void ask(thread_team& team, const layer& of, const float* stream, std::int64_t rows, std::int64_t width, std::span<expert_index> experts,
           std::span<float> weights);

 private:
  [[nodiscard]] static router_options asked(const routed_feed_forward& block) noexcept;

  activations input_;
  scratch normed_, logits_;
  std::vector<float> worth_;
};

}  // namespace moesaic::decoder
