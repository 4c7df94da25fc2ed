// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <span>

#include <moesaic/trace/colibri_trace.hpp>

#include "read_everything.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  moesaic_fuzz::check_twice<moesaic::trace::colibri_trace_reader>(input);
  return 0;
}
