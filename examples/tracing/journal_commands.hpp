// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <moesaic/core/result.hpp>

#include "command_line/progress.hpp"
#include "options.hpp"

namespace moesaic::tracing {

/// Replays journals with fresh policies made from the SPECs they name; each decision has to come out as it stands there. Says
/// so, a line each. Errors: bad_file with the first decision that differs and its place, unknown_name for a policy nobody knows.
[[nodiscard]] result<std::string> verify(const options& asked, command_line::progress& shown);

/// Draws a journal as a timeline for Perfetto. Says what was written.
[[nodiscard]] result<std::string> draw_timeline(const options& asked);

}  // namespace moesaic::tracing
