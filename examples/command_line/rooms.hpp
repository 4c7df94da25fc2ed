// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>

#include <moesaic/core/quantity.hpp>

namespace moesaic::command_line {

/// Equal slots waste what the largest expert of a pool is larger than the others; exact rooms cost fragments. Layers hold one
/// size, so pools per layer take slots; one pool over layers of different precision takes exact rooms.
[[nodiscard]] inline bool wants_exact_rooms(bool per_layer, std::span<const bytes> footprints) {
  if (per_layer) return false;
  bytes largest{};
  bytes smallest = bytes::highest();
  for (const bytes b : footprints)
    if (b.count != 0) {
      largest = std::max(largest, b);
      smallest = std::min(smallest, b);
    }
  return largest.count > smallest.count + smallest.count / 16;
}

}  // namespace moesaic::command_line
