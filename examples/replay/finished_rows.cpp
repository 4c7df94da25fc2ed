// SPDX-License-Identifier: MIT
#include "finished_rows.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "command_line/json_text.hpp"
#include "row_json.hpp"

namespace moesaic::replaying {

using nlohmann::ordered_json;

result<finished_rows> finished_rows::open(const std::string& path) {
  finished_rows list;
  list.path_ = path;
  list.file_ = std::fopen(path.c_str(), "a+b");
  if (list.file_ == nullptr) return error(error_code::cannot_open, "--resume ", path, ": ", std::string_view(std::strerror(errno)));
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::size_t line = 1;
  for (std::size_t at = 0; at < text.size(); ++line) {
    const std::size_t end = text.find('\n', at);
    const bool whole = end != std::string::npos;
    const ordered_json j = ordered_json::parse(text.substr(at, whole ? end - at : end), nullptr, false);
    at = whole ? end + 1 : text.size();
    if (j.is_object() && j.contains("key") && j.at("key").is_string() && j.contains("row")) {
      if (std::optional<row> r = row_of(j.at("row"))) {
        list.rows_.insert_or_assign(j.at("key").get<std::string>(), *std::move(r));
        continue;
      }
    }
    if (line == 1 && whole) return error(error_code::bad_file, "--resume ", path, ": line 1 is no finished row of moesaic-replay; name a file of its own");
  }
  if (!text.empty() && text.back() != '\n') std::fputc('\n', list.file_);  // a run was stopped in the middle of a line
  return list;
}

finished_rows::finished_rows(finished_rows&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, nullptr)), rows_(std::move(other.rows_)) {}

finished_rows::~finished_rows() {
  if (file_ != nullptr) std::fclose(file_);
}

std::optional<row> finished_rows::find(const std::string& key) const {
  const std::lock_guard lock(one_at_a_time_);
  const auto at = rows_.find(key);
  if (at == rows_.end()) return std::nullopt;
  return at->second;
}

result<void> finished_rows::add(const std::string& key, const row& r) {
  const std::string line = command_line::as_text({{"key", key}, {"row", as_json(r)}}, -1);
  const std::lock_guard lock(one_at_a_time_);
  if (std::fwrite(line.data(), 1, line.size(), file_) != line.size() || std::fflush(file_) != 0)
    return error(error_code::transfer_failed, "could not write ", path_, ": ", std::string_view(std::strerror(errno)));
  rows_.insert_or_assign(key, r);
  return {};
}

}  // namespace moesaic::replaying
