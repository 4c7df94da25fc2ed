// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include <moesaic/core/expert.hpp>

namespace moesaic::decoder {

/// How logits become what experts are ranked and weighted by.
enum class gating : std::uint8_t {
  softmax,           ///< over all experts
  sigmoid,           ///< each for itself
  softmax_of_chosen  ///< ranked by the logits themselves, weighted by a softmax over the chosen
};

/// How a row of router logits becomes experts and weights.
struct router_options {
  std::int64_t experts = 0;
  std::int64_t top_k = 0;
  bool renormalise = true;  ///< the chosen weights are divided by their sum
  float scale = 1.0F;       ///< and multiplied by this
  gating by = gating::softmax;
  std::span<const float> choice_bias{};  ///< for each expert: added for the choice, but not to the weight; or empty
  std::int64_t groups = 1;               ///< equal runs of experts, a divisor of `experts`
  std::int64_t groups_used = 1;          ///< only experts of so many groups are chosen: those with the best pair
};

/// Chooses the top_k experts of one row. The logits are overwritten by what the gating makes of them. Rank order: descending.
/// `worth` is scratch, one number for each expert, needed where there is a choice bias or more than one group.
/// Ties: the lower expert, or group, comes first; what is not a number counts as less than every number.
void choose_experts(const router_options& options, std::span<float> logits, std::span<expert_index> chosen, std::span<float> weights,
                    std::span<float> worth = {}) noexcept;

}  // namespace moesaic::decoder
