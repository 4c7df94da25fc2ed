// SPDX-License-Identifier: MIT
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/temporary_folder.hpp"

/// moesaic-trace as a process.
namespace moesaic_test {

struct traced {
  int status = -1;
  std::string out, err;
};

inline std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs it with arguments as a shell takes them.
inline traced moesaic_trace(const std::string& arguments) {
  const temporary_folder here;
  const std::string command = "'" MOESAIC_PROGRAMS "/moesaic-trace' " + arguments + " > '" + (here / "out") + "' 2> '" + (here / "err") + "' < /dev/null";
  const int answer = std::system(command.c_str());
  return {WIFEXITED(answer) ? WEXITSTATUS(answer) : -1, text_of(here / "out"), text_of(here / "err")};
}

inline std::string kept_trace(const std::string& name) { return MOESAIC_TEST_DATA "/traces/" + name; }

}  // namespace moesaic_test
