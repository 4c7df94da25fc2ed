// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/trace/hub/open_trace.hpp>

#include "trace/journal_run.hpp"
#include "trace/made_moetrc1.hpp"
#include "trace/made_npy.hpp"
#include "trace/seen_rows.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::raw;

namespace {

std::size_t takers(std::span<const std::byte> start) {
  std::size_t n = 0;
  for (const auto& format : formats<memory_source>) n += format.recognises(start) ? 1U : 0U;
  return n;
}

/// One small trace of each format: two tokens, two layers of four experts, top-2, [0 1][2 3] and [1 2][3 0].
std::vector<std::string> one_of_each() {
  moesaic_test::made_moetrc1 made{.layers = 2, .experts = 4, .top_k = 2};
  made.add_sequence(2);
  made.ids = {0, 1, 2, 3, 1, 2, 3, 0};
  const auto bytes = made.bytes();
  const auto journal = journal_run::of_routes({0, 1, 2, 3, 1, 2, 3, 0});
  return {std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
          std::string(reinterpret_cast<const char*>(journal.data()), journal.size()),
          "# route_trace v1\nstep,layer,slot,expert\n0,0,0,0\n0,0,1,1\n0,1,0,2\n0,1,1,3\n1,0,0,1\n1,0,1,2\n1,1,0,3\n1,1,1,0\n",
          "{\"tok\": 1, \"layers\": [[0, 1], [2, 3]]}\n{\"tok\": 2, \"layers\": [[1, 2], [3, 0]]}\n",
          "0 0 0 0:.5 1:.5\n1 0 1 2:.5 3:.5\n2 0 0 1:.5 2:.5\n3 0 1 3:.5 0:.5\n",
          "0,0,0,1\n0,1,2,3\n1,0,1,2\n1,1,3,0\n",
          "0,0\n0,1\n1,2\n1,3\n0,1\n0,2\n1,3\n1,0\n",
          moesaic_test::npy("<i4", 4, "(2, 2, 2)", {0, 1, 2, 3, 1, 2, 3, 0})};
}

TEST_CASE("a trace is taken by one format, what is none by none") {
  for (const std::string& trace : one_of_each()) {
    CAPTURE(trace);
    CHECK(takers(raw(trace)) == 1);
  }
  CHECK(takers(raw("PK\x03\x04")) == 1);
  for (const std::string_view none : {"", "a", "{}", "[]", "\x93NUM", "PK", "# route", "token;layer", "MOETRC2", "1", "1 2 3", "{\"token\": 1}"})
    CHECK(takers(raw(none)) == 0);
}

TEST_CASE("the same routing in every format reads the same") {
  std::size_t read = 0;
  for (const std::string& trace : one_of_each()) {
    const auto source = [&] { return memory_source("t", raw(trace)); };
    const auto seen = moesaic_test::rows_of(
        open_trace(source(), source_again<memory_source>([&]() -> result<peeked_source<memory_source>> { return peeked_source(source()); })));
    CAPTURE(trace);
    CHECK(seen.error == "");
    CHECK(seen.facts.shape == dimensions{2, 4, 2});
    CHECK(seen.ids == std::vector<std::uint16_t>{0, 1, 2, 3, 1, 2, 3, 0});
    CHECK(seen.sequence == std::vector<std::uint32_t>{0, 0});
    CHECK(seen.batch == std::vector<std::uint32_t>{0, 0});
    ++read;
  }
  CHECK(read + 1 == formats<memory_source>.size());  // archives have a test of their own
}

TEST_CASE("the list and its words have the same length") {
  std::size_t words = 1;
  for (const char c : format_names) words += c == ',' ? 1U : 0U;
  CHECK(words == formats<memory_source>.size());
}

}  // namespace
