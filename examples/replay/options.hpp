// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <moesaic/sim/capacity.hpp>
#include <moesaic/sim/true_tokens.hpp>

#include "choice.hpp"

namespace moesaic::replaying {

struct capacity_choice {
  std::string text;
  sim::capacity amount;
  sim::unit unit;
};
struct forecast_choice {
  std::string text;
  sim::true_tokens::options how;
};

/// What one run of the program is asked to do, checked as far as that goes without opening a trace.
struct options {
  std::vector<std::string> traces;
  std::vector<capacity_choice> capacities;
  std::vector<eviction_choice> evictions;
  std::vector<admission_choice> admissions;
  std::vector<std::uint32_t> windows;
  std::optional<bytes> expert_bytes;      ///< instead of what the trace says
  std::uint32_t experts = 0, top_k = 0;   ///< for formats that do not say; 0: as found
  bool one_pool = false;
  recency order = recency::by_event;
  bool reset_each_sequence = false;
  bool one_by_one = false;
  bool per_layer = false;
  std::optional<forecast_choice> forecast;
  command_line::policy_libraries libraries;
  std::uint32_t jobs = 1;
  std::string resume;  ///< path of the list of finished rows, empty for none
  std::string json;    ///< path, "-" for standard output, empty for none
  std::string report;  ///< path of an HTML page, empty for none
  std::optional<bytes_per_second> link;  ///< where the page's sliders start
  std::optional<double> compute;         ///< seconds per token
};

/// What the command line asks for: work, or only a text to print (help, version).
[[nodiscard]] result<std::variant<options, std::string>> read_options(int argc, const char* const* argv);

}  // namespace moesaic::replaying
