// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/trace/byte_source.hpp>

namespace moesaic::trace {

/// The lines of a source, one after the other, numbered from 1, without what ends them (LF or CR LF; the last line needs no
/// end). A line of more than `longest` bytes is an error, so memory stays bounded whatever the file is. One thread at a time.
template <byte_source Source>
class text_lines {
 public:
  static constexpr std::size_t longest = std::size_t{1} << 20U;

  explicit text_lines(Source source) : source_(std::move(source)) {}

  /// The next line, valid until the next call, or nothing at the end.
  [[nodiscard]] result<std::optional<std::string_view>> next() {
    std::size_t searched = 0;
    for (;;) {
      const auto* const from = reinterpret_cast<const char*>(buffer_.data()) + used_;
      const std::size_t have = filled_ - used_;
      const auto* const end = have == searched ? nullptr : static_cast<const char*>(std::memchr(from + searched, '\n', have - searched));
      if (end != nullptr || (ended_ && have > 0)) {
        closed_ = end != nullptr;
        std::size_t length = end != nullptr ? static_cast<std::size_t>(end - from) : have;
        used_ += length + (closed_ ? 1 : 0);
        ++number_;
        if (length > longest) return wrong("is longer than ", longest, " bytes, which no line of this format is");
        if (length > 0 && from[length - 1] == '\r') --length;
        return std::optional<std::string_view>(std::string_view(from, length));
      }
      if (ended_) return std::optional<std::string_view>{};
      searched = have;
      if (have > longest) {
        ++number_;
        return wrong("is longer than ", longest, " bytes, which no line of this format is");
      }
      if (const result<void> more = refill(); !more) return more.error();
    }
  }

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }  ///< of the line that `next` gave last
  [[nodiscard]] bool closed() const noexcept { return closed_; }           ///< whether that line was ended
  [[nodiscard]] std::string_view name() const noexcept { return source_.name(); }

  /// An error about the line that `next` gave last.
  template <class... Parts>
  [[nodiscard]] error wrong(const Parts&... parts) const {
    return error(error_code::bad_file, source_.name(), ": line ", number_, ": ", parts...);
  }

 private:
  [[nodiscard]] result<void> refill() {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(used_), buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
    filled_ -= used_;
    used_ = 0;
    if (buffer_.size() - filled_ < piece) buffer_.resize(filled_ + piece);
    const result<std::size_t> got = source_.read(std::span(buffer_).subspan(filled_));
    if (!got) return got.error();
    filled_ += *got;
    ended_ = *got == 0;
    return {};
  }
  static constexpr std::size_t piece = std::size_t{1} << 16U;

  Source source_;
  std::vector<std::byte> buffer_;
  std::size_t used_ = 0, filled_ = 0;
  std::uint64_t number_ = 0;
  bool ended_ = false, closed_ = false;
};

}  // namespace moesaic::trace
