// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/core/event.hpp>

#include "early_gate.hpp"
#include "network.hpp"
#include "workbench.hpp"

namespace moesaic::decoder {

/// Applies the gates of later layers to the residual stream that a layer was routed from: what prediction::next_gate hears.
///
/// Source: Mixtral-Offloading (arXiv 2312.17238); the correction is DALI's (2602.03495): to the stream is added what the layers
/// in between have added on average, learned from the rows that come by, so nothing has to be calibrated beforehand. On the
/// shipped model it lifts recall from .756 to .760 one layer ahead and from .538 to .553 four ahead (docs/reference/recall.md).
/// Cost: a norm and a product of width x experts for each row and layer ahead; width floats per layer and layer ahead. Touches
/// nothing that the model computes with.
class gate_preview {
 public:
  /// `layers` ahead, 0: none. Windows of more than `most_rows` tokens (prompts) are passed over: their unions want nearly all.
  void set_reach(std::uint32_t layers, std::uint32_t moe_layers, std::int64_t width);
  [[nodiscard]] std::uint32_t reach() const noexcept { return reach_; }

  /// The hints of MoE layer `layer` of `blocks`, from the residual stream at its router.
  [[nodiscard]] std::span<const hint> look(thread_team& team, const network& net, std::span<const std::uint32_t> blocks, std::uint32_t layer,
                                           const float* residual, std::int64_t rows);

 private:
  static constexpr std::int64_t most_rows = 8;
  struct kept_rows {
    std::vector<float> values;
    std::int64_t rows = 0;
  };
  [[nodiscard]] std::vector<float>& mean_of(std::uint32_t layer, std::uint32_t ahead) { return means_[layer * reach_ + ahead - 1]; }
  void learn(std::uint32_t layer, const float* residual, std::int64_t rows, std::int64_t width);

  std::uint32_t reach_ = 0;
  std::vector<kept_rows> kept_;            ///< [layer mod (reach + 1)] of the running window
  std::vector<std::vector<float>> means_;  ///< [layer][ahead - 1][width] what lies between the two streams
  std::vector<std::uint32_t> seen_;        ///< rows that each mean is made of
  early_gate gate_;
  scratch stream_;
  std::vector<expert_index> experts_;
  std::vector<float> weights_;
  std::vector<hint> hints_;
};

}  // namespace moesaic::decoder
