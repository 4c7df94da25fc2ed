// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include <moesaic/core/model_shape.hpp>
#include <moesaic/sim/null_model.hpp>

#include "command_line/policy_choice.hpp"

namespace moesaic::simulating {

/// Where experts may stay: pools and what each holds.
struct pools {
  command_line::chosen_groups groups;
  bool exact = false;               ///< rooms count bytes, else experts
  std::vector<std::uint64_t> room;  ///< of each pool
};

struct best_case {
  std::uint64_t misses = 0;
  bytes moved{};
};

/// What a cache that knows the future would have missed of the same events in the same room, choosing the best by their next
/// use after every event (Belady with optional admission). A bound for equal sizes, a strong heuristic for others.
[[nodiscard]] best_case missed_at_best(const model_shape& shape, const pools& in, const sim::event_log& events);

}  // namespace moesaic::simulating
