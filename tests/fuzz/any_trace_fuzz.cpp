// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <moesaic/trace/compressed_source.hpp>
#include <moesaic/trace/hub/open_trace.hpp>

#include "read_everything.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  using packed = moesaic::trace::compressed_source<moesaic_fuzz::dripping_source>;
  moesaic_fuzz::check(input, [](auto&& source) {
    using namespace moesaic::trace;
    moesaic::result<packed> first = packed::open(source());
    if (!first) return moesaic_test::rows_of(moesaic::result<any_trace>(first.error()));
    const source_again<packed> again = [&]() -> moesaic::result<peeked_source<packed>> {
      moesaic::result<packed> second = packed::open(source());
      if (!second) return second.error();
      return peeked_source<packed>(*std::move(second));
    };
    return moesaic_test::rows_of(open_trace(*std::move(first), again, {.weights = true}));
  });
  return 0;
}
