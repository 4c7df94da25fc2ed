// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <moesaic/core/result.hpp>

namespace moesaic::command_line {

/// A whole file as text. Errors: cannot_open (also for a directory), transfer_failed.
[[nodiscard]] result<std::string> read_text_file(const std::string& path);

}  // namespace moesaic::command_line
