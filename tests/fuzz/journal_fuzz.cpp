// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/trace/journal_rows.hpp>

#include "read_everything.hpp"

namespace {

/// What does not start like a journal is taken for the content of one block: no fuzzer finds a checksum.
std::vector<std::byte> as_journal(std::span<const std::byte> input) {
  using namespace moesaic::trace::journal;
  if (recognises(input) || input.size() > longest_block) return {input.begin(), input.end()};
  std::vector<std::byte> file;
  const auto put = [&](std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) file.push_back(static_cast<std::byte>(value >> (8 * i)));
  };
  for (const char c : magic) file.push_back(static_cast<std::byte>(c));
  put(version);
  put(static_cast<std::uint32_t>(input.size()));
  put(checksum(input));
  file.insert(file.end(), input.begin(), input.end());
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::byte> file = as_journal(std::as_bytes(std::span(data, size)));
  moesaic_fuzz::check(file, [](auto&& source) { return moesaic_test::rows_of(moesaic::trace::journal_rows<moesaic_fuzz::dripping_source>::open(source())); });
  return 0;
}
