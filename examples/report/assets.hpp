// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace moesaic::report {

/// What every page carries: how it looks, by day and by night, and what its sliders and boxes do.
extern const std::string_view style;
extern const std::string_view script;

}  // namespace moesaic::report
