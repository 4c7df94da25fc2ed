// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <moesaic/core/model_shape.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/trace/event_table.hpp>

#include "command_line/progress.hpp"
#include "options.hpp"

namespace moesaic::replaying {

/// A trace as a replay wants it: the event sets of every window, and the model that they are about.
struct loaded_trace {
  std::string path;
  std::string format;
  trace::dimensions dimensions;
  model_shape shape;
  bool sized = false;          ///< sizes are known; else every expert of the shape has one byte
  bool equal_sizes = true;
  std::vector<trace::event_table> tables;  ///< [windows]
};

/// Reads a trace once and makes the tables of all windows. Memory: the tables, never the trace itself.
[[nodiscard]] result<loaded_trace> load(const std::string& path, const options& asked, command_line::progress& shown);

}  // namespace moesaic::replaying
