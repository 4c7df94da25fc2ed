// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <span>

#include <moesaic/trace/routed_arrays.hpp>

#include "read_everything.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  moesaic_fuzz::check(input, [](auto&& source) {
    using arrays = moesaic::trace::npy_file<moesaic_fuzz::dripping_source>;
    const auto again = [&]() -> moesaic::result<arrays> { return arrays(source()); };
    return moesaic_test::rows_of(moesaic::trace::routed_arrays_reader<arrays>::open(arrays(source()), again));
  });
  return 0;
}
