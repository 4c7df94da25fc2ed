// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include <moesaic/trace/hub/formats.hpp>

#include "trace/made_moetrc1.hpp"

using namespace moesaic;
using namespace moesaic::trace;

namespace {

std::size_t takers(std::span<const std::byte> start) {
  std::size_t n = 0;
  for (const auto& format : formats<memory_source>) n += format.recognises(start) ? 1U : 0U;
  return n;
}

TEST_CASE("no start is taken by two formats, and what is none by none") {
  CHECK(takers(moesaic_test::small_trace().bytes()) == 1);
  for (const std::string_view none : {"", "a", "{}", "[]", "\x93NUM", "PK", "# route", "token,layer", "MOETRC2"})
    CHECK(takers(std::as_bytes(std::span(none))) == 0);
}

TEST_CASE("the list and its words have the same length") {
  std::size_t words = 1;
  for (const char c : format_names) words += c == ',' ? 1U : 0U;
  CHECK(words == formats<memory_source>.size());
}

}  // namespace
