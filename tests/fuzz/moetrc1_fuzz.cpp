// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <span>

#include <moesaic/trace/moetrc1.hpp>

#include "read_everything.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  moesaic_fuzz::check(input, [](auto&& source) {
    using reader = moesaic::trace::moetrc1_reader<moesaic_fuzz::dripping_source>;
    return moesaic_test::rows_of(reader::open(source(), source()));
  });
  return 0;
}
