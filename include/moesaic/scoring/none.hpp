// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/concepts/utility_scorer.hpp>

namespace moesaic::scoring {

/// Finds every expert equally worthy: for bundles in which nobody asks for a score.
///
/// Source: ours. Cost: O(1), no state. State and Ties: every score is 0, so every comparison is a tie and goes by id.
/// Threads: any. No knobs.
struct none {
  using hears = events<>;
  [[nodiscard]] utility score(expert_id) const noexcept { return {}; }
};

static_assert(utility_scorer<none>, "none no longer models utility_scorer");

}  // namespace moesaic::scoring
