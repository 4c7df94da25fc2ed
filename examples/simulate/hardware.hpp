// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include <moesaic/core/result.hpp>
#include <moesaic/sim/machine.hpp>

namespace moesaic::simulating {

/// A hardware profile: a machine on paper and what its file says about itself.
struct hardware {
  std::string path;
  std::string name;
  std::string about;
  std::vector<std::string> link_names;
  bytes expert_bytes{};  ///< of the model it was measured with; taken where a trace does not say
  sim::machine machine;
};

/// Reads a profile (docs/reference/hardware_profiles.md): a path if it holds a slash or ends in .json, else the name of one
/// that came with the program. Errors: unknown_name listing the known, cannot_open, bad_file naming file and key.
[[nodiscard]] result<hardware> load_hardware(const std::string& name_or_path);

/// The names of the profiles that came with the program, ascending, and "name  about" for each.
[[nodiscard]] std::vector<std::string> known_hardware();
[[nodiscard]] std::string list_hardware();

}  // namespace moesaic::simulating
