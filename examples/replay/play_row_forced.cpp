// SPDX-License-Identifier: MIT
#include "play_row_with.hpp"

namespace moesaic::replaying {

outcome play_row_forced(const setting& in, const evictor& policy, const std::function<void(std::uint64_t)>& steps) {
  return play_row_with(admission::forced{}, in, policy, steps);
}

}  // namespace moesaic::replaying
