// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attention.hpp"
#include "gated_feed_forward.hpp"
#include "norm.hpp"
#include "rope.hpp"
#include "router.hpp"
#include "weights.hpp"

namespace moesaic::decoder {

/// Where a piece of a file lies.
struct file_range {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint32_t file = 0;  ///< of a split model
};

/// An expert's gate, up and down matrices in the file, in this order.
using expert_parts = std::array<file_range, 3>;

/// An expert that every token uses. It is resident and in no budget.
struct shared_expert {
  gated_weights weights;
  std::vector<float> gate;  ///< its result is multiplied by sigmoid(gate . row); or empty
};

/// The feed-forward part of a layer with routed experts. Their matrices stay in the file.
struct routed_feed_forward {
  matrix router;                   ///< width x experts
  std::vector<float> router_bias;  ///< of its logits, or empty
  std::vector<float> choice_bias;  ///< what options.choice_bias looks at, or empty
  router_options options;
  std::vector<float> gate_bias, up_bias, down_bias;  ///< [expert][row], or empty; resident
  std::optional<shared_expert> shared;
  gated_weights form;               ///< types and extents of one expert; no data
  std::vector<expert_parts> parts;  ///< one for each expert
};

/// One layer: residual += attention(norm(residual)), then residual += feed-forward(norm(residual)).
struct layer {
  row_norm attention_norm;
  std::unique_ptr<attention> mixer;
  row_norm feed_forward_norm;
  std::variant<gated_weights, routed_feed_forward> feed_forward;

  [[nodiscard]] const routed_feed_forward* routed() const noexcept { return std::get_if<routed_feed_forward>(&feed_forward); }
};

/// A whole model, composed of the parts above by its architecture.
struct network {
  std::string architecture;
  std::int64_t width = 0;
  std::int64_t vocabulary = 0;
  matrix embedding;  ///< width x vocabulary
  rope turns;
  std::vector<layer> layers;
  row_norm output_norm;
  matrix output;  ///< width x vocabulary; the embedding itself where a model ties them
  std::vector<float> output_bias;  ///< or empty
  float embedding_scale = 1;       ///< what embedded tokens are multiplied by,
  float residual_scale = 1;        ///< and what a feed-forward part adds to the residual,
  float logit_scale = 1;           ///< and the logits
  weight_source::storage storage;
};

/// How an architecture turns a file into a network. One file each in architectures/.
struct architecture {
  std::string_view name;  ///< general.architecture
  result<network> (*read)(weight_source& source, cache_options cache);
};

/// The architecture of that name, or null.
[[nodiscard]] const architecture* find_architecture(std::string_view name) noexcept;
/// "llama, qwen3, ..." for messages.
[[nodiscard]] std::string known_architectures();

}  // namespace moesaic::decoder
