// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "report/page.hpp"
#include "row.hpp"

namespace moesaic::simulating {

/// The rows as an HTML page would show them: a comparison for each trace, of systems and capacities. `command` made them.
[[nodiscard]] report::page report_page(std::span<const row> rows, std::string command);

}  // namespace moesaic::simulating
