// SPDX-License-Identifier: MIT
#include "progress.hpp"

#include <unistd.h>

#include <cstdio>

namespace moesaic::command_line {

progress::progress(std::string_view program, bool wanted)
    : program_(program), wanted_(wanted), terminal_(::isatty(STDERR_FILENO) != 0), next_(clock::now() + std::chrono::milliseconds(terminal_ ? 200 : 2000)) {}

void progress::update(std::string_view what, std::uint64_t reached, std::uint64_t total) {
  if (!wanted_ || clock::now() < next_) return;
  next_ = clock::now() + std::chrono::milliseconds(terminal_ ? 100 : 2000);
  const double part = total == 0 ? 0 : 100.0 * static_cast<double>(reached) / static_cast<double>(total);
  std::fprintf(stderr, "%s%s: %.*s %3.0f %%%s", terminal_ ? "\r" : "", program_.c_str(), static_cast<int>(what.size()), what.data(), part,
               terminal_ ? "" : "\n");
  std::fflush(stderr);
  line_open_ = terminal_;
}

void progress::remark(std::string_view sentence) {
  done();
  std::fprintf(stderr, "%s: %.*s\n", program_.c_str(), static_cast<int>(sentence.size()), sentence.data());
}

void progress::done() {
  if (line_open_) std::fputs("\r\033[K", stderr);
  line_open_ = false;
}

}  // namespace moesaic::command_line
