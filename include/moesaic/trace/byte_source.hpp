// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <moesaic/core/result.hpp>

namespace moesaic::trace {

/// Bytes in order, from wherever they come. Readers of trace formats are templates over it.
///
/// Contract. `read` fills `out` (not empty) from its front and says how much; less than asked is no end, 0 is. `size` is the
/// total where it is known before reading. `name` is what people call the source; every sentence about its content starts
/// with it. One thread at a time.
template <class S>
concept byte_source = std::movable<S> && requires(S source, const S& view, std::span<std::byte> out) {
  { source.read(out) } -> std::same_as<result<std::size_t>>;
  { view.size() } noexcept -> std::same_as<std::optional<std::uint64_t>>;
  { view.name() } noexcept -> std::same_as<std::string_view>;
};

/// Bytes that lie in memory and outlive the source.
class memory_source {
 public:
  memory_source(std::string_view name, std::span<const std::byte> content) : name_(name), rest_(content), size_(content.size()) {}

  result<std::size_t> read(std::span<std::byte> out) noexcept {
    const std::size_t n = std::min(out.size(), rest_.size());
    if (n > 0) std::memcpy(out.data(), rest_.data(), n);
    rest_ = rest_.subspan(n);
    return n;
  }
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept { return size_; }
  [[nodiscard]] std::string_view name() const noexcept { return name_; }

 private:
  std::string name_;
  std::span<const std::byte> rest_;
  std::uint64_t size_ = 0;
};
static_assert(byte_source<memory_source>);

/// A file, read from front to back in the pieces that are asked for. Pipes work too; their size is not known.
class file_source {
 public:
  [[nodiscard]] static result<file_source> open(std::string_view path) {
    file_source opened;
    opened.path_ = path;
    errno = 0;
    opened.file_.reset(std::fopen(opened.path_.c_str(), "rb"));
    if (!opened.file_) return error(error_code::cannot_open, path, ": cannot be opened: ", reason());
    if (std::fseek(opened.file_.get(), 0, SEEK_END) == 0) {
      const long end = std::ftell(opened.file_.get());
      // Devices and directories say 0 or nonsense; what they hold shows when they are read.
      if (end > 0 && end < std::numeric_limits<long>::max()) opened.size_ = static_cast<std::uint64_t>(end);
      if (std::fseek(opened.file_.get(), 0, SEEK_SET) != 0) return error(error_code::cannot_open, path, ": cannot be read from its start: ", reason());
    }
    std::clearerr(opened.file_.get());
    return opened;
  }

  result<std::size_t> read(std::span<std::byte> out) {
    errno = 0;
    const std::size_t n = std::fread(out.data(), 1, out.size(), file_.get());
    if (n < out.size() && std::ferror(file_.get()) != 0) return error(error_code::bad_file, path_, ": cannot be read at byte ", at_ + n, ": ", reason());
    at_ += n;
    return n;
  }
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept { return size_; }
  [[nodiscard]] std::string_view name() const noexcept { return path_; }

 private:
  struct closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  file_source() = default;
  [[nodiscard]] static std::string reason() { return std::error_code(errno, std::generic_category()).message(); }

  std::unique_ptr<std::FILE, closer> file_;
  std::string path_;
  std::optional<std::uint64_t> size_;
  std::uint64_t at_ = 0;
};
static_assert(byte_source<file_source>);

/// Reads until `out` is full or the source ends; says how much there was.
template <byte_source S>
[[nodiscard]] result<std::size_t> read_all_of(S& source, std::span<std::byte> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const result<std::size_t> got = source.read(out.subspan(filled));
    if (!got) return got.error();
    if (*got == 0) break;
    filled += *got;
  }
  return filled;
}

}  // namespace moesaic::trace
