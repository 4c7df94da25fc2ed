// SPDX-License-Identifier: MIT
#pragma once

#include "recall_options.hpp"

namespace moesaic::tracing {

/// What predictors find, held out, as the request says: to standard output, a file or both. Errors: those of the traces;
/// transfer_failed when writing fails.
[[nodiscard]] result<void> recall(const recall_request& asked);

}  // namespace moesaic::tracing
