// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace moesaic::replaying {

/// Says on standard error how far a long run has come, where that is a terminal: one line that is written over.
class progress {
 public:
  progress() : wanted_(::isatty(STDERR_FILENO) != 0), next_(clock::now() + std::chrono::milliseconds(300)) {}
  ~progress() { clear(); }
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// What is being done now; `update` puts numbers behind it.
  void begin(std::string what) { what_ = std::move(what); }
  void update(std::uint64_t reached, std::uint64_t total) {
    if (!wanted_ || clock::now() < next_) return;
    next_ = clock::now() + std::chrono::milliseconds(100);
    const double part = total == 0 ? 0 : 100.0 * static_cast<double>(reached) / static_cast<double>(total);
    std::fprintf(stderr, "\r\033[Kmoesaic-replay: %s, %.0f %%", what_.c_str(), part);
    std::fflush(stderr);
    shown_ = true;
  }
  /// Takes the line away, so that something else can be written.
  void clear() {
    if (shown_) std::fputs("\r\033[K", stderr);
    shown_ = false;
  }

 private:
  using clock = std::chrono::steady_clock;
  bool wanted_;
  bool shown_ = false;
  clock::time_point next_;
  std::string what_;
};

}  // namespace moesaic::replaying
