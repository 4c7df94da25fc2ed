// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <moesaic/trace/compressed_source.hpp>
#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/windows.hpp>

namespace moesaic_test {

/// The events of a packed MOETRC1 trace, or of its first sequences.
inline moesaic::trace::event_table table_of(const std::string& path, std::uint32_t window = 1,
                                            std::uint32_t sequences = std::numeric_limits<std::uint32_t>::max()) {
  namespace trace = moesaic::trace;
  using source = trace::compressed_source<trace::file_source>;
  auto file = trace::file_source::open(path);
  REQUIRE(file);
  auto opened = source::open(*std::move(file));
  REQUIRE(opened);
  auto reader = trace::moetrc1_reader<source>::open(*std::move(opened));
  REQUIRE(reader);
  trace::window_builder builder(reader->shape(), {.window = window});
  for (auto rows = reader->next(); rows && *rows && (*rows)->sequence < sequences; rows = reader->next()) builder.add(**rows);
  return builder.finish();
}

}  // namespace moesaic_test
