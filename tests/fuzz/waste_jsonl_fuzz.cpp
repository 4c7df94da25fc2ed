// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <span>

#include <moesaic/trace/hub/waste_jsonl.hpp>

#include "read_everything.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  moesaic_fuzz::check_twice<moesaic::trace::waste_jsonl_reader>(input);
  return 0;
}
