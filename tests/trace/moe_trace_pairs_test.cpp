// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/trace/moe_trace_pairs.hpp>

#include "seen_rows.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::dripping_source;
using moesaic_test::raw;
using moesaic_test::rows_of_file;
using moesaic_test::seen_rows;

namespace {

using ids = std::vector<std::uint16_t>;
using numbers = std::vector<std::uint32_t>;
constexpr std::uint16_t none = not_routed;

seen_rows read(std::string_view text, trace_options options = {}) {
  return rows_of_file<moe_trace_pairs_reader<dripping_source>>("t.csv", raw(text), 5, options);
}

// Three prompt tokens in blocks 1 and 4, the last block for the last token only; two decoded tokens.
const std::string small = "1,5\n1,0\n1,2\n1,3\n1,7\n1,1\n4,2\n4,6\n1,0\n1,1\n4,2\n4,3\n1,4\n1,5\n4,6\n4,7\n";

TEST_CASE("top-k is what divides all runs; a pass of several tokens is a batch; short runs are the last tokens'") {
  const std::string named = "layer,expert\n" + small;
  for (const std::string_view text : {std::string_view(small), std::string_view(named)}) {
    const seen_rows seen = read(text);
    CHECK(seen.error == "");
    CHECK(seen.facts.shape == dimensions{2, 8, 2});
    CHECK(seen.ids == ids{5, 0, none, none, 2, 3, none, none, 7, 1, 2, 6, 0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(seen.batch == numbers{1, 1, 1, 0, 0});
    CHECK(seen.prompt == std::vector<bool>{true, true, true, false, false});
  }
}

TEST_CASE("a model of one layer needs its top-k said; so does a file in which no pass has one token") {
  CHECK(read("0,1\n0,2\n0,3\n0,4\n").error ==
        "t.csv: its lines do not tell where a token ends (all runs of a layer are multiples of 4 lines, 1 layers); say the model's top-k");
  const seen_rows one = read("0,1\n0,2\n0,2\n0,4\n", {.top_k = 2});
  CHECK(one.ids == ids{1, 2, 2, 4});
  CHECK(one.batch == numbers{0, 0});
  const std::string batch = "0,1\n0,2\n0,1\n0,2\n1,1\n1,0\n1,1\n1,0\n";
  CHECK(read(batch).error.find("multiples of 4 lines, 2 layers") != std::string::npos);
  CHECK(read(batch, {.top_k = 2}).ids == ids{1, 2, 1, 0, 1, 2, 1, 0});
  CHECK(read(batch, {.top_k = 3}).error == "t.csv: top-3 was said, but lines of a layer come in multiples of 4; is the file cut?");
}

TEST_CASE("a cut file is not read with another top-k") {
  CHECK(read(small.substr(0, small.size() - 4)).error ==
        "t.csv: line 15: the file ends with 1 lines of layer 4 (tokens have 2 layers up to 4, and runs of a layer are multiples of 2 lines); the file is cut");
  CHECK(read(small.substr(0, small.size() - 8)).error.find("ends with 2 lines of layer 1") != std::string::npos);
}

TEST_CASE("what is wrong is said with its place") {
  CHECK(read("").error == "t.csv: holds no routed token");
  CHECK(read("1,2\n1;3\n").error == "t.csv: line 2: expected `layer,expert`, two whole numbers");
  CHECK(read("1,2\n1,3,4\n").error == "t.csv: line 2: expected `layer,expert`, two whole numbers");
  CHECK(read("1,2\n-1,3\n").error == "t.csv: line 2: expected `layer,expert`, two whole numbers");
  CHECK(read("1,2\n1,65535\n").error == "t.csv: line 2: expected `layer,expert`, two whole numbers");
  CHECK(read("70000,2\n").error == "t.csv: line 1: layer 70000 is beyond what a model has");
  CHECK(read("0,1\n0,1\n1,1\n1,7\n").error.find("expert 1 in layer 0 names an expert that the token has in this layer already") != std::string::npos);
  CHECK(read("0,1\n0,2\n1,1\n1,7\n1,3\n1,4\n").error == "t.csv: line 6: layer 1 has 2 tokens, more than the 1 that earlier layers of the pass have");
}

TEST_CASE("its start is recognised") {
  for (const char* mine : {"0,1\n", "layer,expert\n0,1\n", "0, 17\r\n"}) CHECK(starts_like_pairs(raw(mine)));
  for (const char* other : {"", "0", "0,1,2\n", "layer,expert,rank\n", "a,b\n"}) CHECK_FALSE(starts_like_pairs(raw(other)));
}

}  // namespace
