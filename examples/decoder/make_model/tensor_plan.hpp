// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ggml.h>

#include "recipe.hpp"

namespace moesaic::decoder {

/// A tensor of a model to invent.
struct tensor_plan {
  std::string name;
  ggml_type type;
  std::vector<std::int64_t> extent;
  float spread;  ///< standard deviation of the numbers
  float center;  ///< and their mean
  std::int64_t topics = 0;  ///< groups of neighbouring rows that are alike; 0: no two are
};

[[nodiscard]] inline bool is_latent(const recipe& r) { return r.architecture == "deepseek2"; }

/// Dimensions of a head that turn.
[[nodiscard]] inline std::int64_t rotary_of(const recipe& r) { return r.rotary != 0 ? r.rotary : is_latent(r) ? r.head_width / 2 : r.head_width; }

/// All tensors, in the order they are written.
[[nodiscard]] std::vector<tensor_plan> plan_tensors(const recipe& r);

}  // namespace moesaic::decoder
