// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "command_line/progress.hpp"
#include "model_facts.hpp"
#include "options.hpp"

namespace moesaic::planning {

/// One budget of experts, and how fast it would be.
struct predicted {
  bytes budget{};
  bool fits = false;  ///< into the given memory, beside the dense part
  double tokens_per_s = 0;
  double hit_ratio = 0;
  double stalled = 0;  ///< share of the time
};

struct prediction {
  std::string hardware;
  std::string routing;  ///< where it came from, in words
  std::vector<predicted> budgets;  ///< ascending
};

/// Runs the model on paper with several budgets from the floor up: eighths and quarters of all experts, what the memory leaves,
/// and everything. Errors: of the hardware profile, of the trace.
[[nodiscard]] result<prediction> predict(const model_facts& model, const options& asked, command_line::progress& shown);

}  // namespace moesaic::planning
