// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <moesaic/core/result.hpp>
#include <moesaic/trace/trace_reader.hpp>

namespace moesaic::tracing {

enum class command : std::uint8_t { info, stats, convert, cut, merge, verify, timeline };
enum class kept_weights : std::uint8_t { as_they_are, none, eight_bits, sixteen_bits };

/// Ranges of whole numbers, both ends included.
using ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

struct options {
  command what{};
  std::vector<std::string> traces;  ///< to read
  std::string out;                  ///< to write: convert, cut, merge, timeline
  std::vector<std::string> libraries;  ///< with further eviction policies: verify
  std::string json;
  kept_weights weights = kept_weights::as_they_are;
  ranges sequences;                                               ///< that cut keeps; empty: all
  std::optional<std::pair<std::uint64_t, std::uint64_t>> tokens;  ///< of each sequence that cut keeps
  trace::trace_options said;                                      ///< experts and top-k, for formats without them
};

/// What was asked, or a text to print and stop (help, version). Errors: bad_argument, one sentence.
[[nodiscard]] result<std::variant<options, std::string>> read_options(int argc, const char* const* argv);

}  // namespace moesaic::tracing
