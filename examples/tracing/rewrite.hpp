// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <moesaic/core/result.hpp>

#include "command_line/progress.hpp"
#include "options.hpp"

namespace moesaic::tracing {

/// Writes what was asked (convert, cut, merge) and says in a line what OUT holds and what it could not keep.
/// Errors: those of the traces and the choice; transfer_failed when writing fails.
[[nodiscard]] result<std::string> rewrite(const options& asked, command_line::progress& shown);

}  // namespace moesaic::tracing
