// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/trace/moe_trace_csv.hpp>

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
  return rows_of_file<moe_trace_csv_reader<dripping_source>>("t.csv", raw(text), 9, options);
}

TEST_CASE("positions and ids without names: negative positions are a prompt, layer by layer") {
  // Two tokens in blocks 1 and 2, the last block for the last token only; two decoded tokens; the next prompt.
  const seen_rows seen = read("-2,1,5,1\n-1,1,0,2\n-1,2,3,4\n0,1,5,0\n0,2,1,2\n1,1,5,1\n1,2,1,3\n-1,1,5,1\n-1,2,1,3\n0,1,5,0\n0,2,1,2\n");
  CHECK(seen.error == "");
  CHECK(seen.facts.format == "llama.cpp moe-trace CSV");
  CHECK(seen.facts.shape == dimensions{2, 6, 2});
  CHECK(seen.ids == ids{5, 1, none, none, 0, 2, 3, 4, 5, 0, 1, 2, 5, 1, 1, 3, 5, 1, 1, 3, 5, 0, 1, 2});
  CHECK(seen.batch == numbers{1, 1, 0, 0, 0, 0});
  CHECK(seen.prompt == std::vector<bool>{true, true, false, false, true, false});
  CHECK(seen.sequence == numbers{0, 0, 0, 0, 1, 1});
}

TEST_CASE("pieces of a prompt are batches of their own, whatever their positions") {
  const seen_rows seen = read("-2,1,5,1\n-1,1,0,2\n-4,1,5,1\n-3,1,0,2\n-3,2,3,4\n0,1,5,0\n0,2,1,2\n");
  CHECK(seen.error == "");
  CHECK(seen.batch == numbers{1, 1, 2, 2, 0});
  CHECK(seen.sequence == numbers{0, 0, 0, 0, 0});
}

TEST_CASE("columns by name: one choice a line") {
  const seen_rows seen = read(
      "phase,token,layer,rank,expert\nprefill,0,0,0,5\nprefill,0,0,1,1\nprefill,1,0,0,0\nprefill,1,0,1,2\nprefill,1,3,0,3\nprefill,1,3,1,4\n"
      "decode,2,0,0,5\ndecode,2,0,1,0\ndecode,2,3,0,1\ndecode,2,3,1,2\n");
  CHECK(seen.error == "");
  CHECK(seen.facts.shape == dimensions{2, 6, 2});
  CHECK(seen.ids == ids{5, 1, none, none, 0, 2, 3, 4, 5, 0, 1, 2});
  CHECK(seen.batch == numbers{1, 1, 0});
  CHECK(seen.prompt == std::vector<bool>{true, true, false});

  const seen_rows plain = read(
      "token,layer,expert,t_ns,weight,seq\n0,0,5,9,.5,7\n0,0,1,9,.25,7\n0,1,2,9,.5,7\n0,1,3,9,.5,7\n0,0,4,9,1,8\n0,0,3,9,0,8\n0,1,2,9,.5,8\n0,1,3,9,.5,8\n");
  CHECK(plain.error == "");
  CHECK(plain.ids == ids{5, 1, 2, 3, 4, 3, 2, 3});
  CHECK(plain.weights[1] == 16'384);
  CHECK(plain.sequence == numbers{0, 1});
}

TEST_CASE("tokens that are not said to be a prompt: token by token a step each, layer by layer a batch; 0 again is a new sequence") {
  const seen_rows steps = read("0,0,1,2\n0,1,1,2\n1,0,3,4\n1,1,3,4\n0,0,1,2\n0,1,1,2\n");
  CHECK(steps.batch == numbers{0, 0, 0});
  CHECK(steps.sequence == numbers{0, 0, 1});
  CHECK(read("pos,layer,id0,id1\n0,0,1,2\n0,1,1,2\n1,0,3,4\n1,1,3,4\n").ids == ids{1, 2, 1, 2, 3, 4, 3, 4});
  const seen_rows batch = read("0,0,1,2\n1,0,1,2\n0,1,3,4\n1,1,3,4\n2,0,1,2\n2,1,1,2\n");
  CHECK(batch.error == "");
  CHECK(batch.batch == numbers{1, 1, 0});
  CHECK(batch.ids == ids{1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 1, 2});
  const seen_rows single = read("4,0,1,2\n5,0,1,2\n7,0,3,4\n");
  CHECK(single.batch == numbers{0, 0, 0});
}

TEST_CASE("what is wrong is said with its line") {
  CHECK(read("0,0,1,2\n0,1,1,2\n5,0,1,2\n5,1,1,2\n3,0,1,2\n").error == "t.csv: line 5: tokens have to ascend from pass to pass (3 after 5)");
  CHECK(read("1,0,1,2\n0,0,1,2\n0,1,1,2\n").error == "t.csv: line 2: tokens have to ascend within a layer (0 after 1)");
  CHECK(read("0,0,1,2\n0,1,1,1\n").error == "t.csv: line 2: expert 1 of token 0 in layer 1 names an expert that the token has in this layer already");
  CHECK(read("0,0,1,2\n0,1,1,x\n").error == "t.csv: line 2: an expert is no whole number from 0 to 65534");
  CHECK(read("0,0,1,2\n0,1\n").error == "t.csv: line 2: names no expert");
  CHECK(read("0,0,1,2\n0.5,1,1,2\n").error == "t.csv: line 2: expected `position,layer,expert,...` in whole numbers");
  CHECK(read("token,layer,expert\n0,0\n").error == "t.csv: line 2: has fewer fields than there are columns");
  CHECK(read("token,layer,expert,weight\n0,0,1,nan\n").error == "t.csv: line 2: the weight is no number from 0 to 65535");
  CHECK(read("token,layer,rank,expert\n0,0,0,1\n0,0,2,3\n").error == "t.csv: line 3: rank 2 where 1 comes next");
  CHECK(read("phase,token,layer,expert\nwarm,0,0,1\n").error == "t.csv: line 2: phase is neither prefill (0) nor decode (1)");
  CHECK(read("token,layer,expert\n").error == "t.csv: holds no routed token");
  CHECK(read("0,0,1,2\n0,1,1,2\n1,0,1,2\n").error == "t.csv: line 3: the last token has 1 layers, the one before had 2; the file is cut");
}

TEST_CASE("its start is recognised") {
  const auto recognised = [](std::string_view text) { return moe_trace_csv::recognises(raw(text)); };
  for (const char* mine : {"-2,1,5,1\n", "0,1,5", "token,layer,expert\n1,2", "phase,token,layer,rank,expert\r\n", "token,layer,e0,e1\n"})
    CHECK(recognised(mine));
  for (const char* other : {"", "0,1\n", "layer,expert\n0,1,2", "# route_trace v1", "0 1 2 3", "a,b,c", "token,layer,id\n", "layer,token,id0\n"})
    CHECK_FALSE(recognised(other));
}

}  // namespace
