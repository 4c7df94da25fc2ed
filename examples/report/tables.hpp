// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "grid.hpp"

namespace moesaic::report {

/// Regret of every policy at every capacity, the least of each capacity marked. Empty where it is known of none.
[[nodiscard]] std::string regret_table(const grid& of);

/// Every entry with all its numbers, in the order in which they came.
[[nodiscard]] std::string numbers_table(const comparison& of);

}  // namespace moesaic::report
