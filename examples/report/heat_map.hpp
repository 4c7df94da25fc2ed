// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "grid.hpp"

namespace moesaic::report {

/// Share of accesses that missed in every layer, of every policy and capacity of which it is known: a figure, and its numbers
/// as a table. Empty where it is known of none.
[[nodiscard]] std::string heat_map(const grid& of, const std::string& id);

}  // namespace moesaic::report
