// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <moesaic/core/result.hpp>
#include <moesaic/trace/trace_reader.hpp>
#include <moesaic/trace/trace_statistics.hpp>

#include "command_line/progress.hpp"
#include "options.hpp"

namespace moesaic::tracing {

/// What one reading of a trace found.
struct description {
  std::string trace;
  trace::trace_facts facts;
  trace::trace_summary summary;
  std::uint64_t accesses = 0;                    ///< routed ids
  std::uint64_t batches = 0, batch_tokens = 0;   ///< that the trace itself calls batches
  std::uint64_t recorded = 0, resident = 0;      ///< ids whose residency an engine recorded, and those it had
};

/// Reads a trace from front to back. Errors: the reader's.
[[nodiscard]] result<description> describe(const std::string& path, const trace::trace_options& said, command_line::progress& shown);

[[nodiscard]] std::string as_text(const std::vector<description>& all, bool statistics);
[[nodiscard]] std::string as_json(const std::vector<description>& all, bool statistics);

}  // namespace moesaic::tracing
