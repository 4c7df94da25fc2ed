// SPDX-License-Identifier: MIT
#include "play_row_with.hpp"

namespace moesaic::replaying {

outcome play_row_any(const setting& in, const evictor& policy, const std::function<void(std::uint64_t)>& steps) {
  return play_row_with(in.admission, in, policy, steps);
}

}  // namespace moesaic::replaying
