// SPDX-License-Identifier: MIT
#include "program.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <moesaic/version.hpp>

namespace moesaic::command_line {

result<void> print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
  return error(error_code::transfer_failed, "could not write to standard output: ", std::string_view(std::strerror(errno)));
}

void say(std::string_view text) noexcept {
  std::fflush(stdout);
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

std::string version_text() { return std::to_string(version.major) + "." + std::to_string(version.minor) + "." + std::to_string(version.patch); }

int program::complain(std::string_view sentence, int status) const {
  for (const std::string_view part : {name_, std::string_view(": "), sentence, std::string_view("\n")}) say(part);  // no memory may be left to join them
  return status;
}

int program::print_and_end(std::string_view text) const {
  const result<void> out = print(text);
  return out ? done : complain(out.error(), failed_half_way);
}

}  // namespace moesaic::command_line
