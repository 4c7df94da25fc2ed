// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "support/program.hpp"
#include "support/temporary_folder.hpp"

/// moesaic-replay as a process, and just enough reading of its JSON.
namespace moesaic_test {

/// With arguments as a shell takes them. `out`: where standard output goes instead of being caught.
inline finished replay(const std::string& arguments, const std::string& out = {}) { return run("moesaic-replay", arguments, out); }

/// Whether the program was built with what reads .xz and .gz.
inline bool replay_unpacks() {
  return replay(test_trace("olmoe1b7b_decode299.bin.xz") + " --capacity 50% --eviction lru").err.find("this build reads plain traces only") ==
         std::string::npos;
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
