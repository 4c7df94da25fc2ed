// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <moesaic/core/result.hpp>
#include <moesaic/trace/event_table.hpp>

#include "progress.hpp"

namespace moesaic::replaying {

/// Reads a trace once and makes the event sets of every window. Memory: the tables, never the trace itself.
[[nodiscard]] result<std::vector<trace::event_table>> load(const std::string& path, const std::vector<std::uint32_t>& windows,
                                                           bool keep_routes, progress& shown);

}  // namespace moesaic::replaying
