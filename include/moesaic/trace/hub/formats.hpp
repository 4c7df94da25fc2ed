// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <moesaic/trace/hub/any_trace.hpp>
#include <moesaic/trace/moetrc1.hpp>

namespace moesaic::trace {

/// Opens MOETRC1. Weights lie behind all ids, so they take a second pass, and only where asked for.
template <byte_source Source>
[[nodiscard]] result<any_trace> open_moetrc1(peeked_source<Source> from_start, const source_again<Source>& again,
                                             const trace_options& options) {
  using reader = moetrc1_reader<peeked_source<Source>>;
  if (!options.weights) return erased(reader::open(std::move(from_start)));
  const result<std::span<const std::byte>> start = from_start.peek(moetrc1_header::size);
  if (!start) return start.error();
  if (start->size() < moetrc1_header::size || (little_u32(&(*start)[28]) & 3U) == 0) return erased(reader::open(std::move(from_start)));
  result<peeked_source<Source>> second = again();
  if (!second) return second.error();
  return erased(reader::open(std::move(from_start), *std::move(second)));
}

/// Every format that is read, in the order in which they are tried. A further one is one line here and its word in
/// `format_names`.
template <byte_source Source>
inline constexpr std::array formats{
    trace_format<Source>{moetrc1_header::recognises, open_moetrc1<Source>},
};
inline constexpr std::string_view format_names = "MOETRC1";

}  // namespace moesaic::trace
