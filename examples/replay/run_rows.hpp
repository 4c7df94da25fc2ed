// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "command_line/progress.hpp"
#include "finished_rows.hpp"
#include "loaded_trace.hpp"
#include "options.hpp"
#include "row.hpp"

namespace moesaic::replaying {

/// All rows of one trace, in the order window, capacity, admission, eviction, however many are computed at once.
/// `finished`: rows found there are not computed, those computed are added; null for neither.
[[nodiscard]] result<std::vector<row>> run_rows(const loaded_trace& trace, const options& asked, finished_rows* finished, command_line::progress& shown);

}  // namespace moesaic::replaying
