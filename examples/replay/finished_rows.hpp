// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <moesaic/core/result.hpp>

#include "row.hpp"

namespace moesaic::replaying {

/// The list of rows that are finished, in a file: one JSON object a line, {"key", "row"}. A run that was stopped, however, and is
/// started again with the same file goes on behind the last whole line. Threads may add and look up at the same time.
class finished_rows {
 public:
  /// Reads what is there; the file is made if it is not. Errors: cannot_open, bad_file (it holds something else).
  [[nodiscard]] static result<finished_rows> open(const std::string& path);
  finished_rows(finished_rows&&) noexcept;
  finished_rows& operator=(finished_rows&&) = delete;
  ~finished_rows();

  [[nodiscard]] std::optional<row> find(const std::string& key) const;
  /// The row is in the file when this returns. Errors: transfer_failed.
  [[nodiscard]] result<void> add(const std::string& key, const row& r);

 private:
  finished_rows() = default;
  std::string path_;
  std::FILE* file_ = nullptr;
  std::map<std::string, row> rows_;
  mutable std::mutex one_at_a_time_;
};

}  // namespace moesaic::replaying
