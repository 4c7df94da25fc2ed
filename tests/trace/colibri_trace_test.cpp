// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/trace/colibri_trace.hpp>

#include "seen_rows.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::dripping_source;
using moesaic_test::raw;
using moesaic_test::rows_of_file;
using moesaic_test::seen_rows;

namespace {

using ids = std::vector<std::uint16_t>;
constexpr std::uint16_t none = not_routed;

seen_rows read(std::string_view text, trace_options options = {}) {
  return rows_of_file<colibri_trace_reader<dripping_source>>("t.txt", raw(text), 9, options);
}

// A prompt of two rows through blocks 3 and 5 (in the last only its last row), then two decoded tokens.
const std::string small =
    "0 0 3 4:0.5000 1:0.2500\n0 1 3 1:0.5 2:0.25\n1 1 5 0:1.0 4:0.0\n"
    "2 0 3 4:0.5 0:0.25\n3 0 5 1:0.5 2:0.25\n"
    "4 0 3 3:0.5 2:0.25\n5 0 5 1:0.5 0:0.25\n";

TEST_CASE("a pass of several rows is a batch, a pass of one a step; blocks that occur are the layers") {
  const seen_rows seen = read(small);
  CHECK(seen.error == "");
  CHECK(seen.facts.format == "colibri ROUTE_TRACE");
  CHECK(seen.facts.shape == dimensions{2, 5, 2});
  CHECK(seen.facts.weights);
  CHECK(seen.ids == ids{4, 1, none, none, 1, 2, 0, 4, 4, 0, 1, 2, 3, 2, 1, 0});
  CHECK(seen.weights[1] == 16'384);
  CHECK(seen.batch == std::vector<std::uint32_t>{1, 1, 0, 0});
  CHECK(seen.prompt == std::vector<bool>{true, true, false, false});
  CHECK(seen.sequence == std::vector<std::uint32_t>{0, 0, 0, 0});
}

TEST_CASE("one call a pass reads the same, also row by row, and so does a model of one layer") {
  CHECK(read("0 0 3 4:.5 1:.2\n0 0 5 1:.5 2:.2\n0 1 3 0:.5 1:.2\n0 1 5 3:.5 2:.2\n1 0 3 4:.5 1:.2\n1 0 5 1:.5 2:.2\n").ids ==
        ids{4, 1, 1, 2, 0, 1, 3, 2, 4, 1, 1, 2});
  const seen_rows one = read("0 0 0 4:.5\n1 0 0 1:.5\n2 0 0 2:.5\n");
  CHECK(one.ids == ids{4, 1, 2});
  CHECK(one.batch == std::vector<std::uint32_t>{0, 0, 0});
}

TEST_CASE("lines of different length: the longest is top-k, the others are not routed to the rest") {
  CHECK(read("0 0 0 4:.5\n1 0 0 1:.5 2:.5\n").ids == ids{4, none, 1, 2});
  CHECK(read(small, {.experts = 64, .top_k = 4}).facts.shape == dimensions{2, 64, 4});
  CHECK(read(small, {.experts = 4}).error == "t.txt: 4 experts were said, but expert 4 occurs");
  CHECK(read(small, {.top_k = 1}).error == "t.txt: top-1 was said, but a token has 2 experts");
}

TEST_CASE("what is wrong is said with its line") {
  CHECK(read("").error == "t.txt: holds no routed token");
  CHECK(read("0 0 3 4:.5\n0 x 3 4:.5\n").error.starts_with("t.txt: line 2: expected `<call> <row> <layer>"));
  CHECK(read("0 0 3 4:.5\n1 0 3\n").error == "t.txt: line 2: names no expert");
  CHECK(read("0 0 3 4:.5\n1 0 3 4\n").error.starts_with("t.txt: line 2: expected `<expert>:<gate>`"));
  CHECK(read("0 0 3 4:nan\n").error == "t.txt: line 1: a gate is no number from 0 to 65535");
  CHECK(read("0 0 3 4:-0.5\n").error == "t.txt: line 1: a gate is no number from 0 to 65535");
  CHECK(read("0 0 3 65535:.5\n").error == "t.txt: line 1: an expert is no whole number from 0 to 65534");
  CHECK(read("0 0 3 4:.5 4:.5\n").error == "t.txt: line 1: expert 4 of token 0 in layer 3 names an expert that the token has in this layer already");
  CHECK(read("1 0 3 4:.5\n0 0 3 4:.5\n").error.starts_with("t.txt: line 2: calls have to ascend"));
  CHECK(read("1 0 3 4:.5\n1 0 3 4:.5\n").error.starts_with("t.txt: line 2: rows have to ascend within a layer"));
  CHECK(read("1 1 3 4:.5\n2 0 5 4:.5\n").error == "t.txt: line 2: expert 4 of token 0 in layer 5 names a token that the pass left out in an earlier layer");
  CHECK(read("1 1 70000 4:.5\n").error == "t.txt: line 1: layer 70000 is beyond what a model has");
}

TEST_CASE("a file that was cut is said to be cut; an MTP layer that runs alone at the end is none") {
  CHECK(read(small.substr(0, small.size() - std::string_view("5 0 5 1:0.5 0:0.25\n").size())).error ==
        "t.txt: line 6: the last token has 1 layers, the one before had 2; the file is cut");
  CHECK(read(small.substr(0, small.size() - std::string_view(" 0:0.25\n").size())).error ==
        "t.txt: line 7: the last line is not ended and has fewer than 2 experts; the file is cut");
  CHECK(read(small.substr(0, small.size() - 1)).error == "");
  CHECK(read(small + "6 0 5 1:0.5 0:0.25\n").error == "");
}

TEST_CASE("its start is recognised") {
  const auto recognised = [](std::string_view text) { return colibri_lines::recognises(raw(text)); };
  CHECK(recognised(small));
  CHECK(recognised("0 0 3 4:0."));
  for (const char* other : {"", "0 0 3", "0 0 3 4 5", "a 0 3 4:.5", "0,0,3,4:5", "1 2 3 x:.5"}) CHECK_FALSE(recognised(other));
}

}  // namespace
