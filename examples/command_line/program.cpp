// SPDX-License-Identifier: MIT
#include "program.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace moesaic::command_line {

result<void> print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
  return error(error_code::transfer_failed, "could not write to standard output: ", std::string_view(std::strerror(errno)));
}

int program::complain(std::string_view sentence, int status) const {
  std::fflush(stdout);  // what was said before comes first
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(name_.size()), name_.data(), static_cast<int>(sentence.size()), sentence.data());
  return status;
}

int program::print_and_end(std::string_view text) const {
  const result<void> out = print(text);
  return out ? done : complain(out.error(), failed_half_way);
}

}  // namespace moesaic::command_line
