// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
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
};

/// An expert's gate, up and down matrices in the file, in this order.
using expert_parts = std::array<file_range, 3>;

/// The feed-forward part of a layer with routed experts. Their weights stay in the file.
struct routed_feed_forward {
  matrix router;  ///< width x experts
  router_options options;
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
