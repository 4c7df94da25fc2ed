// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "page.hpp"

namespace moesaic::report {

/// What the words of every page mean: event, hit, bound, regret, the sliders' arithmetic.
[[nodiscard]] std::vector<fact> common_words();

}  // namespace moesaic::report
