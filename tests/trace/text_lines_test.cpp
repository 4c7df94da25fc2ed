// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/trace/text_lines.hpp>

#include "made_moetrc1.hpp"
#include "seen_rows.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::dripping_source;
using moesaic_test::raw;

namespace {

std::vector<std::string> all(std::string_view text, std::size_t most) {
  text_lines lines(dripping_source("t", raw(text), most));
  std::vector<std::string> out;
  for (auto line = lines.next(); line && *line; line = lines.next()) {
    out.emplace_back(**line);
    CHECK(lines.number() == out.size());
  }
  return out;
}

TEST_CASE("lines come one by one, whatever ends them and however the source gives them") {
  const std::string_view text = "one\ntwo\r\n\nfour\r";
  for (const std::size_t most : {1U, 2U, 5U, 1000U}) CHECK(all(text, most) == std::vector<std::string>{"one", "two", "", "four"});
  CHECK(all("", 8).empty());
  CHECK(all("\n", 8) == std::vector<std::string>{""});
  text_lines lines(memory_source("t", raw("a\nb")));
  CHECK(**lines.next() == "a");
  CHECK(lines.closed());
  CHECK(**lines.next() == "b");
  CHECK_FALSE(lines.closed());
  CHECK(lines.wrong("no").sentence() == "t: line 2: no");
}

TEST_CASE("long lines pass up to a bound, and longer ones are an error that names them") {
  const std::string long_line(300'000, 'x');
  CHECK(all(long_line + "\n" + long_line, 4096) == std::vector<std::string>{long_line, long_line});
  const std::string too_long = "a\n" + std::string(text_lines<memory_source>::longest + 1, 'x');
  for (const char* end : {"", "\n"}) {
    const std::string text = too_long + end;
    text_lines lines(memory_source("t", raw(text)));
    CHECK(lines.next());
    CHECK(lines.next().error().sentence() == "t: line 2: is longer than 1048576 bytes, which no line of this format is");
  }
}

}  // namespace
