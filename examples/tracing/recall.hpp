// SPDX-License-Identifier: MIT
#pragma once

namespace moesaic::tracing {

/// `moesaic-trace recall TRACE... --predictor SPEC,...`: what predictors find, held out. `arguments` begins with "recall".
/// Gives the exit status; says what is wrong on standard error. Throws what allocation throws.
[[nodiscard]] int recall(int count, const char* const* arguments);

}  // namespace moesaic::tracing
