// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/trace/hub/waste_jsonl.hpp>

#include "trace/seen_rows.hpp"

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
  return rows_of_file<waste_jsonl_reader<dripping_source>>("t.jsonl", raw(text), 13, options);
}

TEST_CASE("a line is a token; other keys, spaces and the order of keys are no matter") {
  const seen_rows seen = read("{\"tok\": 1, \"layers\": [[5, 1], [2, 3]]}\n\n{\"layers\":[[0,1],[4,2]],\"note\":{\"tok\":[7]},\"tok\":4}\r\n");
  CHECK(seen.error == "");
  CHECK(seen.facts.format == "WASTE JSONL");
  CHECK(seen.facts.shape == dimensions{2, 6, 2});
  CHECK(seen.facts.tokens == 2);
  CHECK(seen.ids == ids{5, 1, 2, 3, 0, 1, 4, 2});
  CHECK(seen.prompt == std::vector<bool>{false, false});
}

TEST_CASE("empty lists are dense layers if they always are, else not routed; short lists are padded") {
  CHECK(read("{\"tok\":0,\"layers\":[[],[5,1],[]]}\n{\"tok\":1,\"layers\":[[],[2],[3,0]]}\n").ids == ids{5, 1, none, none, 2, none, 3, 0});
}

TEST_CASE("where tokens begin again, a sequence does") {
  const seen_rows seen = read("{\"tok\":1,\"layers\":[[1]]}\n{\"tok\":2,\"layers\":[[2]]}\n{\"tok\":1,\"layers\":[[3]]}\n{\"tok\":2,\"layers\":[[0]]}\n");
  CHECK(seen.sequence == std::vector<std::uint32_t>{0, 0, 1, 1});
  CHECK(seen.facts.sequences == 2);
}

TEST_CASE("what is wrong is said with its line") {
  const std::string first = "{\"tok\":1,\"layers\":[[1,2],[0]]}\n";
  const auto after = [&](std::string_view more) { return read(first + std::string(more)).error; };
  CHECK(read("").error == "t.jsonl: holds no routed token");
  CHECK(after("{\"tok\":2,\"layers\":[[1,2],[0") == "t.jsonl: line 2: is no sound JSON; is the file cut?");
  CHECK(after("{\"tok\":2,\"layers\":[[1,2],[0]]} x") == "t.jsonl: line 2: is no sound JSON; is the file cut?");
  CHECK(after("{\"tok\":2,\"layers\":[[1,2]]}") == "t.jsonl: line 2: has 1 layers, the lines above have 2");
  CHECK(after("{\"tok\":2}") == "t.jsonl: line 2: has no \"tok\" or no \"layers\"");
  CHECK(after("{\"layers\":[[1],[2]]}") == "t.jsonl: line 2: has no \"tok\" or no \"layers\"");
  CHECK(after("{\"tok\":2,\"layers\":[[1,1],[0]]}") == "t.jsonl: line 2: layer 0 names expert 1 twice");
  CHECK(after("{\"tok\":2,\"layers\":[[1,-3],[0]]}") == "t.jsonl: line 2: an expert is no whole number from 0 to 65534");
  CHECK(after("{\"tok\":2,\"layers\":[[1,65535],[0]]}") == "t.jsonl: line 2: an expert is no whole number from 0 to 65534");
  CHECK(after("{\"tok\":2,\"layers\":[[1,0.5],[0]]}") == "t.jsonl: line 2: \"layers\" is no list of lists of experts");
  CHECK(after("{\"tok\":2,\"layers\":[1,[0]]}") == "t.jsonl: line 2: \"layers\" is no list of lists of experts");
  CHECK(after("{\"tok\":2,\"layers\":[[[1]],[0]]}") == "t.jsonl: line 2: \"layers\" is no list of lists of experts");
  CHECK(after("{\"tok\":2,\"layers\":{\"0\":[1]}}") == "t.jsonl: line 2: \"layers\" is no list of lists of experts");
  CHECK(after("{\"tok\":\"a\",\"layers\":[[1],[0]]}") == "t.jsonl: line 2: \"tok\" is no whole number");
  CHECK(after("{\"tok\":[2],\"layers\":[[1],[0]]}") == "t.jsonl: line 2: \"tok\" is no whole number");
  CHECK(after("{\"tok\":2,\"layers\":[[1],[0]],\"layers\":[[1],[0]]}") == "t.jsonl: line 2: has \"layers\" twice");
  CHECK(after("[1,2]") == "t.jsonl: line 2: is no JSON object");
  CHECK(after("7") == "t.jsonl: line 2: is no JSON object");
  CHECK(after("{\"tok\":5,\"layers\":[[1],[0]]}\n{\"tok\":4,\"layers\":[[1],[0]]}\n") ==
        "t.jsonl: line 3: token 4 comes after token 5; tokens have to ascend, or start again at 1");
  CHECK(read(first, {.experts = 2}).error == "t.jsonl: 2 experts were said, but expert 2 occurs");
  CHECK(read(first, {.experts = 64}).facts.shape.experts == 64);
}

TEST_CASE("its start is recognised, also of a line that goes on") {
  CHECK(starts_like_waste(raw("{\"tok\": 1, \"layers\": [[6, 8,")));
  CHECK(starts_like_waste(raw("\n {\"layers\":[],\"tok\":1}\n")));
  for (const char* other : {"", "{\"a\":1}", "{\"tok\":1}\n{\"layers\":[]}", "[\"tok\",\"layers\"]"}) CHECK_FALSE(starts_like_waste(raw(other)));
}

}  // namespace
