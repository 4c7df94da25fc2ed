// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <moesaic/sim/resident_set.hpp>
#include <moesaic/sim/true_tokens.hpp>
#include <moesaic/trace/next_use.hpp>

#include "choice.hpp"
#include "row.hpp"

namespace moesaic::replaying {

/// Everything about a row but its eviction policy. Only read, so rows of several threads may share it.
struct setting {
  const trace::event_table& table;
  const sim::resident_set& empty;
  const admission::any& admission;
  const trace::future& next_uses;
  double foresight_seconds = 0;  ///< what making `next_uses` cost
  std::optional<sim::true_tokens::options> forecast;
  bool reset = false;
};

struct outcome {
  tally all, decode;
  std::vector<std::uint64_t> layers_misses;
  agreement recorded, recorded_decode;
  double seconds = 0;
};

/// What this thread has computed for, in seconds: on a busy machine the wall clock measures the others.
[[nodiscard]] double own_seconds();

/// Plays the setting's table to a policy. `steps` hears now and then how many steps have been played since it heard last.
[[nodiscard]] outcome play_row(const setting& in, const evictor& policy, const std::function<void(std::uint64_t)>& steps);

}  // namespace moesaic::replaying
