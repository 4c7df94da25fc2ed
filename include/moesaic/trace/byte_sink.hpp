// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <moesaic/core/result.hpp>

namespace moesaic::trace {

/// Where bytes go, in order. Writers of trace formats are templates over it.
///
/// Contract. What `write` has taken is in the file as far as this process is concerned: nothing waits in a buffer that dies
/// with it. After an error nothing more is written. No allocation in `write`, except where that is the sink's purpose.
/// A sink may have `step_back(n)`: the last n bytes will be written over by the next `write`; false: not here (a pipe).
template <class S>
concept byte_sink = std::movable<S> && requires(S sink, std::span<const std::byte> bytes) {
  { sink.write(bytes) } -> std::same_as<result<void>>;
};

/// Appends to a vector that outlives the sink.
class memory_sink {
 public:
  explicit memory_sink(std::vector<std::byte>& to) : to_(&to) {}
  result<void> write(std::span<const std::byte> bytes) {
    to_->insert(to_->end(), bytes.begin(), bytes.end());
    return {};
  }
  [[nodiscard]] bool step_back(std::size_t bytes) noexcept {
    to_->resize(to_->size() - bytes);
    return true;
  }

 private:
  std::vector<std::byte>* to_;
};
static_assert(byte_sink<memory_sink>);

/// A file under its own name from the first byte on, so that a run that breaks off leaves what it had. Each `write` is one
/// call of the system: give it large pieces.
class file_sink {
 public:
  [[nodiscard]] static result<file_sink> open(std::string_view path) {
    file_sink opened;
    opened.path_ = path;
    errno = 0;
    opened.file_.reset(std::fopen(opened.path_.c_str(), "wb"));
    if (!opened.file_) return error(error_code::cannot_open, "cannot write ", path, ": ", reason(), "; give a place that can be written");
    std::setvbuf(opened.file_.get(), nullptr, _IONBF, 0);
    return opened;
  }
  result<void> write(std::span<const std::byte> bytes) {
    errno = 0;
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size()) return {};
    return error(error_code::transfer_failed, "could not write ", path_, ": ", reason(), "; free some room or write elsewhere");
  }
  [[nodiscard]] bool step_back(std::size_t bytes) noexcept { return std::fseek(file_.get(), -static_cast<long>(bytes), SEEK_CUR) == 0; }

 private:
  struct closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  file_sink() = default;
  [[nodiscard]] static std::string reason() { return std::error_code(errno, std::generic_category()).message(); }

  std::unique_ptr<std::FILE, closer> file_;
  std::string path_;
};
static_assert(byte_sink<file_sink>);

}  // namespace moesaic::trace
