// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <variant>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>

namespace moesaic::planning {

struct options {
  std::string model;
  bytes memory{};
  std::string hardware = "two_core_server";
  bool hardware_given = false;
  std::string system = "on_demand";
  std::string trace;  ///< empty: routing is made up
  std::uint32_t tokens = 512;
  std::string json;   ///< path, "-" for standard output, empty for none
  bool quiet = false;
};

/// What the command line asks for: work, or only a text to print (help, version, a list).
[[nodiscard]] result<std::variant<options, std::string>> read_options(int count, const char* const* words);

}  // namespace moesaic::planning
