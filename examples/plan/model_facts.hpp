// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <moesaic/core/model_shape.hpp>
#include <moesaic/core/result.hpp>

namespace moesaic::planning {

/// What planning has to know about a model, from the header of its file alone.
struct model_facts {
  std::string architecture;
  model_shape shape;
  std::vector<bytes> footprints;  ///< by flat index: what each expert takes in memory as moesaic-decode reads it, padding included
  bytes dense{};           ///< everything that is not a routed expert: always in memory
  bytes head{};            ///< of these, the token embedding and the output matrix
  std::uint32_t blocks = 0;
};

/// Reads a GGUF file's header, whatever its architecture: routed experts are known by the names of their tensors
/// (blk.N.ffn_gate_exps.weight and the like, or one tensor for each expert in older files).
/// Errors: cannot_open, bad_file (also a model without routed experts).
[[nodiscard]] result<model_facts> read_model(const std::string& path);

}  // namespace moesaic::planning
