// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace moesaic::command_line {

/// Says on standard error how far something long has come: on a terminal in one line that is written over, elsewhere a line
/// now and then, and only for what takes more than two seconds.
class progress {
 public:
  progress(std::string_view program, bool wanted);
  ~progress() { done(); }
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  void update(std::string_view what, std::uint64_t reached, std::uint64_t total);
  /// Says something that people should know even of a run that goes well, as a line of its own.
  void remark(std::string_view sentence);
  /// Clears the line, so that something else can be written.
  void done();

 private:
  using clock = std::chrono::steady_clock;
  std::string program_;
  bool wanted_;
  bool terminal_;
  bool line_open_ = false;
  clock::time_point next_;
};

}  // namespace moesaic::command_line
