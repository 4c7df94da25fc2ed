// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <moesaic/sim/capacity.hpp>
#include <moesaic/sim/early_gates.hpp>
#include <moesaic/sim/synthetic_drafter.hpp>

#include "command_line/amounts.hpp"
#include "command_line/policy_choice.hpp"
#include "command_line/policy_library.hpp"

namespace moesaic::simulating {

/// How much fits: room for residents as moesaic-replay counts it, with the staging on top; or a budget that counts every byte,
/// as moesaic-decode does.
struct capacity_choice {
  std::string text;
  std::variant<sim::capacity, command_line::budget_text> amount;
};

/// What one run of the program is asked to do, checked as far as that goes without opening a file.
struct options {
  std::vector<std::string> traces;
  std::string hardware;
  std::vector<std::string> systems;
  command_line::named_parts parts;
  command_line::policy_libraries libraries;
  std::vector<capacity_choice> capacities;
  std::uint32_t frames = 2;
  std::optional<bytes> expert_bytes;
  bytes alignment{1};
  std::optional<std::uint32_t> draft_length;  ///< nothing: what the system's own governor says
  bool fastest_draft = false;                 ///< the fastest of a few lengths
  sim::drafter_quality drafter;
  sim::gate_quality gates;  ///< reach: as far as the system's predictor listens
  std::uint64_t seed = 0;
  std::optional<std::uint32_t> tokens;  ///< only so many from the front
  std::string json;                     ///< path, "-" for standard output, empty for none
  std::string timeline;                 ///< path, empty for none; for a single row
  std::string report;                   ///< path of an HTML page, empty for none
  bool quiet = false;
};

/// What the command line asks for: work, or only a text to print (help, version, a list).
[[nodiscard]] result<std::variant<options, std::string>> read_options(int count, const char* const* words);

}  // namespace moesaic::simulating
