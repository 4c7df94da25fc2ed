// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "options.hpp"
#include "report/page.hpp"
#include "row.hpp"

namespace moesaic::replaying {

/// The rows as a page: rows that differ in policy and capacity only are compared with each other.
[[nodiscard]] report::page report_page(std::span<const row> rows, const options& asked, std::string command);

}  // namespace moesaic::replaying
