// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <moesaic/trace/compressed_source.hpp>
#include <moesaic/trace/hub/formats.hpp>

namespace moesaic::trace {

/// Opens the trace whose bytes these are, whatever its format, told by its first bytes. `again` gives the bytes once more.
template <byte_source Source>
[[nodiscard]] result<any_trace> open_trace(Source source, const source_again<Source>& again, const trace_options& options = {}) {
  peeked_source<Source> from_start(std::move(source));
  const result<std::span<const std::byte>> start = from_start.peek(formats_look_at);
  if (!start) return start.error();
  if (start->empty()) return error(error_code::bad_file, from_start.name(), ": is empty, expected a routing trace (", format_names, ")");
  for (const trace_format<Source>& format : formats<Source>)
    if (format.recognises(*start)) return format.open(std::move(from_start), again, options);
  return error(error_code::bad_file, from_start.name(), ": byte 0: starts like no routing trace this version reads (", format_names, ")");
}

using file_bytes = compressed_source<file_source>;
[[nodiscard]] inline result<file_bytes> open_bytes(const std::string& path) {
  result<file_source> file = file_source::open(path);
  if (!file) return file.error();
  return file_bytes::open(*std::move(file));
}

/// Opens a trace file: any format of this library, plain, .xz or .gz.
/// Pipes can be read too, by formats that need one pass.
[[nodiscard]] inline result<any_trace> open_trace(const std::string& path, const trace_options& options = {}) {
  result<file_bytes> bytes = open_bytes(path);
  if (!bytes) return bytes.error();
  const source_again<file_bytes> again = [path]() -> result<peeked_source<file_bytes>> {
    std::error_code unknown;
    if (!std::filesystem::is_regular_file(path, unknown))
      return error(error_code::bad_file, path,
                   ": has to be read twice (for its dimensions, or for weights behind all ids), and a pipe "
                   "or device cannot be; save it as a file first");
    result<file_bytes> second = open_bytes(path);
    if (!second) return second.error();
    return peeked_source<file_bytes>(*std::move(second));
  };
  return open_trace(*std::move(bytes), again, options);
}

}  // namespace moesaic::trace
