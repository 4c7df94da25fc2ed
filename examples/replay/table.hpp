// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "row.hpp"

namespace moesaic::replaying {

/// The rows as a table for people.
[[nodiscard]] std::string as_table(std::span<const row> rows);

}  // namespace moesaic::replaying
