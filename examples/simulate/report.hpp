// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "row.hpp"

namespace moesaic::simulating {

/// The rows as a table for people.
[[nodiscard]] std::string as_table(const std::vector<row>& rows);
/// The rows as JSON, schema "moesaic.simulate/1".
[[nodiscard]] std::string as_json(const std::vector<row>& rows, const options& asked);

}  // namespace moesaic::simulating
