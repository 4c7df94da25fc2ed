// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <moesaic/trace/colibri_trace.hpp>
#include <moesaic/trace/hub/any_trace.hpp>
#include <moesaic/trace/hub/npz_arrays.hpp>
#include <moesaic/trace/hub/waste_jsonl.hpp>
#include <moesaic/trace/journal_rows.hpp>
#include <moesaic/trace/moe_trace_csv.hpp>
#include <moesaic/trace/moe_trace_pairs.hpp>
#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/route_trace.hpp>
#include <moesaic/trace/routed_arrays.hpp>

namespace moesaic::trace {

/// Opens MOETRC1. Weights lie behind all ids, so they take a second pass, and only where asked for.
template <byte_source Source>
[[nodiscard]] result<any_trace> open_moetrc1(peeked_source<Source> from_start, const source_again<Source>& again, const trace_options& options) {
  using reader = moetrc1_reader<peeked_source<Source>>;
  if (!options.weights) return erased(reader::open(std::move(from_start)));
  const result<std::span<const std::byte>> start = from_start.peek(moetrc1_header::size);
  if (!start) return start.error();
  if (start->size() < moetrc1_header::size || (little_u32(&(*start)[28]) & 3U) == 0) return erased(reader::open(std::move(from_start)));
  result<peeked_source<Source>> second = again();
  if (!second) return second.error();
  return erased(reader::open(std::move(from_start), *std::move(second)));
}

/// Opens with a reader that may read the source a second time.
template <class Reader, byte_source Source>
[[nodiscard]] result<any_trace> open_twice(peeked_source<Source> from_start, const source_again<Source>& again, const trace_options& options) {
  if constexpr (requires { Reader::open(std::move(from_start), again, options); })
    return erased(Reader::open(std::move(from_start), again, options));
  else
    return erased(Reader::open(std::move(from_start), again));
}

/// The same for arrays, which stand between the bytes and their reader.
template <template <class> class Arrays, byte_source Source>
[[nodiscard]] result<any_trace> open_arrays(peeked_source<Source> from_start, const source_again<Source>& again, const trace_options& options) {
  using arrays = Arrays<peeked_source<Source>>;
  return erased(routed_arrays_reader<arrays>::open(
      arrays(std::move(from_start)),
      [&]() -> result<arrays> {
        result<peeked_source<Source>> second = again();
        if (!second) return second.error();
        return arrays(*std::move(second));
      },
      options));
}

template <byte_source Source>
[[nodiscard]] result<any_trace> open_journal(peeked_source<Source> from_start, const source_again<Source>&, const trace_options&) {
  return erased(journal_rows<peeked_source<Source>>::open(std::move(from_start)));
}

/// Every format that is read; what a file is shows in its first bytes, and no two formats claim the same. A further one is a
/// line here and its word in `format_names`.
template <byte_source S>
inline constexpr std::array formats{
    trace_format<S>{moetrc1_header::recognises, open_moetrc1<S>},
    trace_format<S>{journal::recognises, open_journal<S>},
    trace_format<S>{route_trace_header::recognises, open_twice<route_trace_reader<peeked_source<S>>, S>},
    trace_format<S>{starts_like_waste, open_twice<waste_jsonl_reader<peeked_source<S>>, S>},
    trace_format<S>{colibri_lines::recognises, open_twice<colibri_trace_reader<peeked_source<S>>, S>},
    trace_format<S>{moe_trace_csv::recognises, open_twice<moe_trace_csv_reader<peeked_source<S>>, S>},
    trace_format<S>{starts_like_pairs, open_twice<moe_trace_pairs_reader<peeked_source<S>>, S>},
    trace_format<S>{npy_header::recognises, open_arrays<npy_file, S>},
    trace_format<S>{npz_arrays<peeked_source<S>>::recognises, open_arrays<npz_arrays, S>},
};
inline constexpr std::string_view format_names =
    "MOETRC1, moesaic journal, route_trace v1, WASTE JSONL, colibri ROUTE_TRACE, llama.cpp moe-trace CSV, moe-trace pairs, vLLM .npy, vLLM .npz";

}  // namespace moesaic::trace
