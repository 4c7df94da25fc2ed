// SPDX-License-Identifier: MIT
#include "play_row.hpp"

#include <time.h>

#include "play_row_with.hpp"

namespace moesaic::replaying {

double own_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// The usual admission is a type of its own, so that its questions cost nothing.
outcome play_row(const setting& in, const evictor& policy, const std::function<void(std::uint64_t)>& steps) {
  return std::holds_alternative<admission::forced>(in.admission.chosen()) ? play_row_forced(in, policy, steps) : play_row_any(in, policy, steps);
}

}  // namespace moesaic::replaying
