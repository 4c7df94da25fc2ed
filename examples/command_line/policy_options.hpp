// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy_choice.hpp"

namespace CLI {
class App;
}

namespace moesaic::command_line {

/// --policies FILE.so, which may stand there several times.
void add_policies_option(CLI::App& app, std::vector<std::string>& files);

/// --system, the seven options that override its parts, and --policies.
class policy_options {
 public:
  std::string system = "on_demand";  ///< or several, where a program takes a list
  named_parts parts;

  /// The options write into this object, which has to stay where it is until they are parsed.
  void add_to(CLI::App& app);
  /// Loads what --policies named. Errors: cannot_open, bad_file; bad_argument for a --scope that is none.
  [[nodiscard]] result<policy_libraries> load() const;
  /// The list that one of them asks for with the word `list`; the first one's.
  [[nodiscard]] std::optional<std::string> list_asked_for(const policy_libraries& more) const;

 private:
  std::vector<std::string> files_;
};

}  // namespace moesaic::command_line
