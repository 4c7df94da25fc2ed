// SPDX-License-Identifier: MIT
// expect-error: cannot convert|no matching
#include <moesaic/core/expert_space.hpp>

std::uint32_t index_of(const moesaic::expert_space& space, moesaic::layer_index layer, moesaic::expert_index expert) {
#ifdef FIXED
  return space.flat(layer, expert);
#else
  return space.flat(expert, layer);
#endif
}
