// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/moetrc1_writer.hpp>

#include "trace/made_moetrc1.hpp"
#include "trace/seen_rows.hpp"

/// What a fuzzed reader has to keep, beyond not crashing: rows by the contract or a sentence that names the source, the same
/// however the bytes arrive, and rows that survive being written as MOETRC1.
namespace moesaic_fuzz {

using moesaic_test::dripping_source;
using moesaic_test::seen_rows;

inline void demand(bool kept, const char* what, const seen_rows& seen) {
  if (kept) return;
  std::fprintf(stderr, "not kept: %s (error: %s)\n", what, seen.error.c_str());
  std::abort();
}

/// `read(source maker)` opens a reader over sources of `input` and gives what it saw.
template <class Read>
void check(std::span<const std::byte> input, Read&& read) {
  const auto seen = read([&] { return dripping_source("input", input, input.size() + 1); });
  demand(seen.broken.empty(), seen.broken.c_str(), seen);
  demand(seen.error.empty() || (seen.error.starts_with("input: ") && seen.error.size() > 12), "an error names the source", seen);
  const auto again = read([&] { return dripping_source("input", input, 7); });
  // Where it went wrong may be told by what had been unpacked.
  demand(seen.error.empty() ? again == seen : !again.error.empty(), "small pieces read the same", again);
  if (!seen.error.empty()) return;
  demand(seen.ids.size() == seen.tokens() * seen.facts.shape.row(), "ids are those of all tokens", seen);
  if (seen.facts.tokens) demand(*seen.facts.tokens == seen.tokens(), "as many tokens as said", seen);

  moesaic::trace::moetrc1_sequences sequences;
  const auto rows_of_token = [&](std::size_t t) {
    const std::size_t row = seen.facts.shape.row();
    return moesaic::trace::routing_rows{seen.sequence[t], t, seen.prompt[t] ? 1U : 0U, 1, std::span(seen.ids).subspan(t * row, row), {}, 0, {}};
  };
  for (std::size_t t = 0; t < seen.tokens(); ++t) demand(bool(sequences.add(rows_of_token(t))), "sequences are counted", seen);
  std::vector<std::byte> file;
  auto writer = moesaic::trace::moetrc1_writer<moesaic::trace::memory_sink>::begin(moesaic::trace::memory_sink(file), seen.facts.shape, sequences.list(),
                                                                                   moesaic::trace::moetrc1_weights::none);
  demand(bool(writer), "it is written", seen);
  for (std::size_t t = 0; t < seen.tokens(); ++t) demand(bool(writer->add_ids(rows_of_token(t))), "ids are written", seen);
  const seen_rows written = moesaic_test::rows_of(moesaic::trace::moetrc1_reader<dripping_source>::open(dripping_source("written", file, file.size())));
  demand(written.error.empty() && written.ids == seen.ids && written.sequence == seen.sequence, "what is written reads the same", written);
}

/// For readers that open with a second source.
template <template <class> class Reader>
void check_twice(std::span<const std::byte> input) {
  check(input, [](auto&& source) {
    using reader = Reader<dripping_source>;
    return moesaic_test::rows_of(reader::open(source(), [&]() -> moesaic::result<dripping_source> { return source(); }));
  });
}

}  // namespace moesaic_fuzz
