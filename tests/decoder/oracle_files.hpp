// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace engine_test {

/// Unpacks FILE.xz of the optional folder beside the repository into a temporary folder, once; empty if there is no such file
/// or no xz.
inline std::string unpacked(const std::string& folder, const std::string& file) {
  namespace fs = std::filesystem;
  const fs::path packed = fs::path(MOESAIC_SHARED) / folder / (file + ".xz");
  if (!fs::exists(packed)) return {};
  const fs::path place = fs::temp_directory_path() / "moesaic_oracles";
  fs::create_directories(place);
  const fs::path out = place / file;
  if (fs::exists(out)) return out.string();
  const fs::path part = out.string() + "." + std::to_string(::getpid());
  const std::string command = "xz -dc '" + packed.string() + "' > '" + part.string() + "'";
  if (std::system(command.c_str()) != 0) return {};
  fs::rename(part, out);
  return out.string();
}

inline std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<float> floats_of(const std::string& path) {
  const std::string raw = text_of(path);
  std::vector<float> out(raw.size() / sizeof(float));
  std::memcpy(out.data(), raw.data(), out.size() * sizeof(float));
  return out;
}

/// The numbers of the array behind `"key": [` in a JSON text of plain arrays.
template <class Number>
std::vector<Number> numbers_behind(std::string_view json, const std::string& key) {
  std::vector<Number> out;
  auto at = json.find("\"" + key + "\"");
  if (at == std::string_view::npos) return out;
  at = json.find('[', at);
  const auto end = json.find(']', at);
  std::string list(json.substr(at + 1, end - at - 1));
  std::ranges::replace(list, ',', ' ');
  std::istringstream in(list);
  for (Number n; in >> n;) out.push_back(n);
  return out;
}

}  // namespace engine_test
