// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include <moesaic/core/result.hpp>

namespace moesaic::command_line {

/// A file that is written from front to back and whose every failure is seen, the last one included.
class output_file {
 public:
  /// `in_place`: writes the named file itself, so that a run that breaks off leaves what it had. Otherwise everything goes into
  /// a file beside it, which takes the name only when `finish` has succeeded; where the name is no ordinary file (a device, a
  /// pipe), there is nothing to keep whole and it is written directly. The process ignores SIGXFSZ from here
  /// on, which would end it before that file is removed. Errors: cannot_open.
  [[nodiscard]] static result<output_file> open(const std::string& path, bool in_place);
  output_file(output_file&& other) noexcept;
  output_file& operator=(output_file&&) = delete;
  ~output_file();  ///< without `finish`: what was written beside is removed

  result<void> write(std::string_view text) { return write(text.data(), text.size()); }
  result<void> write(std::span<const float> numbers) { return write(numbers.data(), numbers.size_bytes()); }
  result<void> write(std::span<const std::byte> bytes) { return write(bytes.data(), bytes.size()); }
  /// Everything is out and under its name, or an error says why not.
  result<void> finish();

 private:
  output_file() = default;
  result<void> write(const void* data, std::size_t size);
  [[nodiscard]] error failure(int system_error) const;

  std::FILE* file_ = nullptr;
  std::string path_;
  std::string beside_;  // empty: written in place
  int failed_ = 0;      // why a write failed: an error of the system
};

/// A whole file, or the one that was there before. Errors: cannot_open, transfer_failed.
result<void> save(const std::string& path, std::string_view text);
/// Whether an output file can be there, tried and taken back: long work should not end at a folder that does not exist. An empty
/// path and standard output's "-" can. Errors: cannot_open.
[[nodiscard]] result<void> can_be_written(const std::string& path);

/// What writes into an output file somebody else finishes: models byte_sink.
class output_sink {
 public:
  explicit output_sink(output_file& to) noexcept : to_(&to) {}
  result<void> write(std::span<const std::byte> bytes) { return to_->write(bytes); }

 private:
  output_file* to_;
};

}  // namespace moesaic::command_line
