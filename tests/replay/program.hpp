// SPDX-License-Identifier: MIT
#pragma once

#include <sys/wait.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "support/temporary_folder.hpp"

/// moesaic-replay as a process, and just enough reading of its JSON.
namespace moesaic_test {

struct finished {
  int status = -1;
  std::string out;
  std::string err;
};

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs it with arguments as a shell takes them. `out`: where standard output goes; empty: it is caught.
inline finished replay(const std::string& arguments, const std::string& out = {}) {
  const temporary_folder here;
  const std::string command = "'" MOESAIC_PROGRAMS "/moesaic-replay' " + arguments + " > '" + (out.empty() ? here / "out" : out) + "' 2> '" + (here / "err") + "' < /dev/null";
  const int answer = std::system(command.c_str());
  return {WIFEXITED(answer) ? WEXITSTATUS(answer) : -1, out.empty() ? content_of(here / "out") : std::string(), content_of(here / "err")};
}

inline std::string test_trace(const std::string& name) { return MOESAIC_TEST_DATA "/traces/" + name; }

/// Whether the program was built with what reads .xz and .gz.
inline bool replay_unpacks() {
  return replay(test_trace("olmoe1b7b_decode299.bin.xz") + " --capacity 50% --eviction lru").err.find("this build reads plain traces only") == std::string::npos;
}

/// The rows of a JSON answer, each as its text.
inline std::vector<std::string> rows_of(const std::string& json) {
  std::vector<std::string> rows;
  for (std::size_t at = json.find("\"rows\""); (at = json.find('{', at)) != std::string::npos;) {
    const std::size_t end = json.find('}', at);
    rows.push_back(json.substr(at, end - at));
    at = end;
  }
  return rows;
}
/// The value of a key in a row, as written, without quotes.
inline std::string value_of(const std::string& row, std::string_view key) {
  const std::string quoted = "\"" + std::string(key) + "\": ";
  const std::size_t at = row.find(quoted);
  if (at == std::string::npos) return "(missing)";
  const std::size_t from = at + quoted.size(), end = row.find_first_of("\n}", from);
  std::string value = row.substr(from, end - from);
  if (!value.empty() && value.back() == ',') value.pop_back();
  if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
  return value;
}
inline double number_of(const std::string& row, std::string_view key) { return std::strtod(value_of(row, key).c_str(), nullptr); }
inline std::uint64_t count_of(const std::string& row, std::string_view key) { return std::strtoull(value_of(row, key).c_str(), nullptr, 10); }

}  // namespace moesaic_test
