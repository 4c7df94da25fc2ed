// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <moesaic/core/result.hpp>
#include <moesaic/sim/recall.hpp>
#include <moesaic/trace/trace_reader.hpp>

namespace moesaic::tracing {

/// What `moesaic-trace recall` was asked.
struct recall_request {
  std::vector<std::string> traces;
  std::vector<std::string> predictors;
  sim::recall_options how;            ///< `at` is empty where top-k was asked
  std::string json;
  trace::trace_options said;
};

/// A request, or the help. Errors: bad_argument, unknown_name (a predictor nobody knows), one sentence.
[[nodiscard]] result<std::variant<recall_request, std::string>> read_recall_options(int count, const char* const* arguments);

}  // namespace moesaic::tracing
