// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <moesaic/core/quantity.hpp>
#include <moesaic/trace/byte_sink.hpp>

namespace moesaic::trace {

/// Writes the JSON that Perfetto and chrome://tracing open: slices and marks on named tracks of one process. The file is
/// whole after each `flush`, so a run that breaks off leaves one that opens (a pipe gets its end from `finish` only).
/// Source: the "Trace Event Format" document of the Chromium project, events X, i and M; times are microseconds.
/// Cost: text of about 100 bytes an event, kept until `flush`; allocates.
template <byte_sink Sink>
class timeline_json {
 public:
  explicit timeline_json(Sink to) : to_(std::move(to)) {
    if constexpr (requires { to_.step_back(0U); }) whole_ = to_.step_back(0U);
  }

  /// Names a track; tracks are shown by rising number.
  void track(std::uint32_t number, std::string_view name) {
    begin("M", number, nanoseconds{}, number == 0 ? "process_name" : "thread_name");
    text_.append(",\"args\":{\"name\":");
    quote(name);
    text_.append("}}");
    if (number == 0) return;
    begin("M", number, nanoseconds{}, "thread_sort_index");
    text_.append(",\"args\":{\"sort_index\":").append(std::to_string(number)).append("}}");
  }
  /// Something that took time. `arguments` is JSON behind "args":, or empty.
  void slice(std::uint32_t on, nanoseconds from, nanoseconds to, std::string_view name, std::string_view arguments = {}) {
    begin("X", on, from, name);
    text_.append(",\"dur\":");
    micros(to - from);
    end(arguments);
  }
  /// Something that happened.
  void mark(std::uint32_t on, nanoseconds at, std::string_view name, std::string_view arguments = {}) {
    begin("i", on, at, name);
    text_.append(",\"s\":\"t\"");
    end(arguments);
  }

  /// Everything so far goes out. What fails is kept for `finish`.
  void flush() noexcept {
    if (failure_ || text_.empty()) return;
    if constexpr (requires { to_.step_back(0U); })
      if (ended_ && !to_.step_back(tail.size())) {
        failure_.emplace(error_code::transfer_failed, "could not go on writing the timeline behind what is written of it");
        return;
      }
    if (whole_) text_.append(tail);
    ended_ = whole_;
    write();
  }
  /// Errors: the first write that failed.
  result<void> finish() noexcept {
    if (!started_) begin_file();
    flush();
    if (!ended_ && !failure_) {
      text_.append(tail);
      ended_ = true;
      write();
    }
    if (failure_) return *failure_;
    return {};
  }

 private:
  static constexpr std::string_view tail = "\n]}\n";

  void begin_file() {
    started_ = true;
    text_.append("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
  }
  void begin(std::string_view what, std::uint32_t on, nanoseconds at, std::string_view name) {
    if (!started_) begin_file();
    text_.append(first_ ? "\n{\"ph\":\"" : ",\n{\"ph\":\"").append(what).append("\",\"pid\":1,\"tid\":").append(std::to_string(on)).append(",\"ts\":");
    first_ = false;
    micros(at);
    text_.append(",\"name\":");
    quote(name);
  }
  void end(std::string_view arguments) {
    if (!arguments.empty()) text_.append(",\"args\":").append(arguments);
    text_.push_back('}');
  }
  void micros(nanoseconds t) {
    if (t.count < 0) t = {};
    std::string fraction = std::to_string(1'000 + t.count % 1'000);
    fraction[0] = '.';
    text_.append(std::to_string(t.count / 1'000)).append(fraction);
  }
  void quote(std::string_view s) {
    text_.push_back('"');
    for (const char c : s) {
      if (c == '"' || c == '\\') text_.push_back('\\');
      const auto code = static_cast<unsigned char>(c);
      if (code < 0x20 || code >= 0x7F)
        text_.push_back('?');  // names of models and policies; nothing else has such bytes
      else
        text_.push_back(c);
    }
    text_.push_back('"');
  }
  void write() noexcept {
    if (const result<void> written = to_.write(std::as_bytes(std::span(text_))); !written) failure_ = written.error();
    text_.clear();
  }

  Sink to_;
  std::string text_;
  std::optional<error> failure_;
  bool started_ = false;
  bool first_ = true;
  bool whole_ = false;  // the file gets its end with every flush
  bool ended_ = false;  // the end stands in the file
};

}  // namespace moesaic::trace
