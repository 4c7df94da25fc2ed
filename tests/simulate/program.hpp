// SPDX-License-Identifier: MIT
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <nlohmann/json.hpp>

#include "support/temporary_folder.hpp"

/// The programs as processes.
namespace moesaic_test {

struct finished {
  int status = -1;
  std::string out;
  std::string err;

  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
};

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs a program of this build with arguments as a shell takes them.
inline finished run(const std::string& program, const std::string& arguments) {
  const temporary_folder here;
  const std::string command = "'" MOESAIC_PROGRAMS "/" + program + "' " + arguments + " > '" + (here / "out") + "' 2> '" + (here / "err") + "' < /dev/null";
  const int answer = std::system(command.c_str());
  return {WIFEXITED(answer) ? WEXITSTATUS(answer) : -1, content_of(here / "out"), content_of(here / "err")};
}
inline bool built(const std::string& program) { return std::filesystem::exists(std::string(MOESAIC_PROGRAMS) + "/" + program); }

inline std::string test_trace(const std::string& name) { return MOESAIC_TEST_DATA "/traces/" + name; }

}  // namespace moesaic_test
