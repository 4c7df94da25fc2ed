// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/eviction/exported.hpp>

namespace moesaic::command_line {

/// Eviction policies out of shared libraries (--policies FILE.so): compiled once, known by name in every program. Libraries stay
/// loaded until the process ends, because policies made by them may live as long.
class policy_libraries {
 public:
  /// Loads each file. Errors: cannot_open, bad_file (made with other headers, or no such library): one sentence with its name.
  [[nodiscard]] static result<policy_libraries> open(std::span<const std::string> paths);

  /// What they offer, in order.
  [[nodiscard]] std::span<const eviction::exported> offered() const noexcept { return offered_; }
  /// Nothing where none of them has a policy of that name.
  [[nodiscard]] const eviction::exported* find(std::string_view name) const noexcept;

 private:
  std::vector<eviction::exported> offered_;
};

}  // namespace moesaic::command_line
