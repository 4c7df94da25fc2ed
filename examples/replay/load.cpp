// SPDX-License-Identifier: MIT
#include "load.hpp"

#include <array>
#include <optional>
#include <utility>

#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/windows.hpp>
#ifdef MOESAIC_REPLAY_UNPACKS
#include <moesaic/trace/compressed_source.hpp>
#endif

namespace moesaic::replaying {
namespace {

#ifdef MOESAIC_REPLAY_UNPACKS
using source = trace::compressed_source<trace::file_source>;
result<source> open(const std::string& path) {
  result<trace::file_source> file = trace::file_source::open(path);
  if (!file) return file.error();
  return source::open(*std::move(file));
}
#else
using source = trace::file_source;
result<source> open(const std::string& path) {
  result<trace::file_source> looked_at = trace::file_source::open(path);
  if (!looked_at) return looked_at.error();
  std::array<std::byte, 2> start{};
  const result<std::size_t> got = trace::read_all_of(*looked_at, start);
  if (!got) return got.error();
  if (start[0] == std::byte{0xFD} || start[0] == std::byte{0x1F})
    return error(error_code::bad_file, path, ": is packed, and this build reads plain traces only; unpack it, or build with liblzma and zlib");
  return source::open(path);
}
#endif

}  // namespace

result<std::vector<trace::event_table>> load(const std::string& path, const std::vector<std::uint32_t>& windows, bool keep_routes,
                                             progress& shown) {
  result<source> file = open(path);
  if (!file) return file.error();
  result<trace::moetrc1_reader<source>> reader = trace::moetrc1_reader<source>::open(*std::move(file));
  if (!reader) return reader.error();
  const trace::moetrc1_header& header = reader->header();
  if (std::uint64_t{header.tokens} * header.shape.layers >= 0xFFFF'FFFF)
    return error(error_code::bad_file, path, ": byte 24: ", header.tokens, " tokens through ", header.shape.layers,
                 " layers are 2^32 events or more, which a replay cannot number; cut the trace");
  std::vector<trace::window_builder> builders;
  for (const std::uint32_t w : windows) builders.emplace_back(header.shape, trace::window_options{.window = w, .keep_routes = keep_routes});
  shown.begin("reading " + path);
  for (;;) {
    const result<std::optional<trace::routing_rows>> rows = reader->next();
    if (!rows) return rows.error();
    if (!*rows) break;
    for (trace::window_builder& b : builders) b.add(**rows);
    shown.update((*rows)->first_token, header.tokens);
  }
  std::vector<trace::event_table> tables;
  for (trace::window_builder& b : builders) tables.push_back(b.finish());
  if (tables.front().layers.empty()) return error(error_code::bad_file, path, ": holds no routed token, so there is nothing to replay");
  return tables;
}

}  // namespace moesaic::replaying
