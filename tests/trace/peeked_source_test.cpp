// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/trace/peeked_source.hpp>

#include "made_moetrc1.hpp"

using namespace moesaic;
using namespace moesaic::trace;

namespace {

std::string text(std::span<const std::byte> raw) { return {reinterpret_cast<const char*>(raw.data()), raw.size()}; }

TEST_CASE("what was looked at is read all the same, however the source gives it") {
  const std::string_view content = "0123456789";
  for (const std::size_t most : {1U, 3U, 100U}) {
    peeked_source source(moesaic_test::dripping_source("s", std::as_bytes(std::span(content)), most));
    CHECK(text(*source.peek(4)) == "0123");
    CHECK(text(*source.peek(2)) == "01");
    std::vector<std::byte> some(3);
    CHECK(*read_all_of(source, some) == 3);
    CHECK(text(some) == "012");
    CHECK(text(*source.peek(5)) == "34567");
    std::vector<std::byte> rest(100);
    const std::size_t n = *read_all_of(source, rest);
    CHECK(text(std::span(rest).first(n)) == "3456789");
    CHECK(source.peek(8)->empty());
  }
}

TEST_CASE("a source shorter than what is looked at is all seen") {
  peeked_source source(memory_source("s", std::as_bytes(std::span("ab", 2))));
  CHECK(text(*source.peek(4096)) == "ab");
  CHECK(source.size() == 2);
  CHECK(source.name() == "s");
}

}  // namespace
