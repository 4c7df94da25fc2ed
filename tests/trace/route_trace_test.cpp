// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include <moesaic/trace/route_trace.hpp>

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

seen_rows read(std::string_view text, std::size_t most = 7) { return rows_of_file<route_trace_reader<dripping_source>>("t.csv", raw(text), most); }

const std::string head =
    "# route_trace v1\n"
    "# model=/a b/c.gguf arch=test n_layer=3 n_expert=8 n_expert_used=2\n"
    "# layer=0 expert_bytes=0 dense_bytes=11\n"
    "# layer=1 expert_bytes=100 dense_bytes=11\n"
    "# layer=2 expert_bytes=200 dense_bytes=11\n";
const std::string names = "turn,phase,step,layer,slot,expert,weight,residency,expert_bytes\n";
// A prompt of two tokens, layer by layer, its last layer for the last token only; two decoded tokens; a second turn.
const std::string rows =
    "0,0,0,1,0,5,0.75,0,100\n0,0,0,1,1,1,0.25,0,100\n0,0,1,1,0,1,0.5,0,0\n0,0,1,1,1,7,0.5,0,100\n"
    "0,0,1,2,0,0,1,0,200\n0,0,1,2,1,3,0,0,200\n"
    "0,1,2,1,0,5,0.5,1,0\n0,1,2,1,1,6,0.5,0,100\n0,1,2,2,0,3,0.5,2,0\n0,1,2,2,1,2,0.5,0,200\n"
    "0,1,3,1,0,5,0.5,1,0\n0,1,3,1,1,1,0.5,1,0\n0,1,3,2,0,3,0.5,1,0\n0,1,3,2,1,2,0.5,1,0\n"
    "1,1,0,1,0,0,0.5,0,100\n1,1,0,1,1,1,0.5,1,0\n1,1,0,2,0,0,0.5,1,0\n1,1,0,2,1,2,0.5,1,0\n";

TEST_CASE("a prompt is one batch, a decoded token a step, a turn a sequence; dense blocks are no layers") {
  for (const std::size_t most : {1U, 64U, 100'000U}) {
    const seen_rows seen = read(head + names + rows, most);
    CHECK(seen.error == "");
    CHECK(seen.facts.format == "route_trace v1");
    CHECK(seen.facts.shape == dimensions{2, 8, 2});
    CHECK(seen.facts.weights);
    CHECK(seen.facts.expert_bytes == std::vector<bytes>{{100}, {200}});
    CHECK(seen.ids == ids{5, 1, none, none, 1, 7, 0, 3, 5, 6, 3, 2, 5, 1, 3, 2, 0, 1, 0, 2});
    CHECK(seen.weights[0] == 49'152);
    CHECK(seen.weights[6] == 65'536);
    CHECK(seen.sequence == std::vector<std::uint32_t>{0, 0, 0, 0, 1});
    CHECK(seen.batch == std::vector<std::uint32_t>{1, 1, 0, 0, 0});
    CHECK(seen.prompt == std::vector<bool>{true, true, false, false, false});
    CHECK(seen.recorded[0] == recorded_absent);
    CHECK(seen.recorded[2] == recorded_nothing);
    CHECK(seen.recorded[8] == recorded_resident);
    CHECK(seen.recorded[10] == recorded_resident);  // by a prefetch
  }
}

TEST_CASE("a prompt whose layers begin again is a second batch") {
  const seen_rows seen =
      read(head + "phase,step,layer,slot,expert\n" + "0,0,1,0,1\n0,0,1,1,2\n0,0,2,0,1\n0,0,2,1,2\n0,1,1,0,1\n0,1,1,1,2\n0,1,2,0,1\n0,1,2,1,2\n");
  CHECK(seen.error == "");
  CHECK(seen.batch == std::vector<std::uint32_t>{1, 2});
  CHECK_FALSE(seen.facts.weights);
  CHECK(seen.recorded.empty());
}

TEST_CASE("drafted tokens that were run together are a batch, and rejected ones are run again") {
  const std::string text = head + "phase,step,layer,slot,expert\n" +
                           "1,4,1,0,1\n1,4,1,1,2\n1,5,1,0,3\n1,5,1,1,4\n1,4,2,0,5\n1,4,2,1,6\n1,5,2,0,7\n1,5,2,1,0\n"
                           "1,5,1,0,2\n1,5,1,1,1\n1,5,2,0,3\n1,5,2,1,4\n";
  const seen_rows seen = read(text);
  CHECK(seen.error == "");
  CHECK(seen.ids == ids{1, 2, 5, 6, 3, 4, 7, 0, 2, 1, 3, 4});
  CHECK(seen.batch == std::vector<std::uint32_t>{1, 1, 0});
  CHECK(seen.prompt == std::vector<bool>{false, false, false});
  CHECK(read(text + "1,4,1,0,2\n").error == "t.csv: line 19: step 4 comes after step 5 was complete; steps of a turn have to ascend");
}

TEST_CASE("what the header does not say is counted; columns go by name, and more of them are no matter") {
  const seen_rows seen = read("# route_trace v1\nexpert,dropped,slot,step,layer\n4,0,0,10,2\n1,1,1,10,2\n0,0,0,10,7\n2,0,1,10,7\n");
  CHECK(seen.error == "");
  CHECK(seen.facts.shape == dimensions{2, 5, 2});
  CHECK(seen.ids == ids{4, 1, 0, 2});
  CHECK(seen.facts.expert_bytes.empty());
}

TEST_CASE("weights that are nan throughout are none") {
  CHECK_FALSE(read(head + names + "0,1,2,1,0,5,nan,1,0\n0,1,2,1,1,6,nan,0,100\n0,1,2,2,0,3,nan,1,0\n0,1,2,2,1,2,nan,0,200\n").facts.weights);
  CHECK(read(head + names + "0,1,2,1,0,5,.5,1,0\n0,1,2,1,1,6,nan,0,100\n").error ==
        "t.csv: line 8: the weight is nan, unlike those above; all or none are nan");
}

TEST_CASE("what is wrong is said with its line") {
  const auto after = [&](std::string_view more) { return read(head + names + std::string(more)).error; };
  const std::string token = "0,1,2,1,0,5,.5,1,0\n0,1,2,1,1,6,.5,0,100\n0,1,2,2,0,3,.5,1,0\n0,1,2,2,1,2,.5,0,200\n";
  CHECK(after("0,1,2,1,0,8,.5,1,0\n") == "t.csv: line 7: expert 8 in a layer of 8; ids go to 7");
  CHECK(after("0,1,2,0,0,5,.5,1,0\n") == "t.csv: line 7: layer 0 is none of the 2 layers that the header gives expert_bytes");
  CHECK(after("0,1,2,1,2,5,.5,1,0\n") == "t.csv: line 7: slot 2 of top-2; slots go to 1");
  CHECK(after("0,1,2,1,1,5,.5,1,0\n") == "t.csv: line 7: slot 1 of step 2 in layer 1, where slot 0 comes next");
  CHECK(after("0,1,2,1,0,5,.5,1,0\n0,1,2,1,1,5,.5,1,0\n") ==
        "t.csv: line 8: expert 5 of step 2 in layer 1 names an expert that the token has in this layer already");
  CHECK(after("0,1,2,1,0,5,.5,1\n") == "t.csv: line 7: has 8 fields, but there are 9 columns");
  CHECK(after("0,1,2,1,0,5,-1,1,0\n") == "t.csv: line 7: weight is `-1`; expected a gate weight from 0 to 65535, or nan");
  CHECK(after("0,1,2,1,0,5,inf,1,0\n").find("weight is `inf`") != std::string::npos);
  CHECK(after("0,1,2,1,0,-5,.5,1,0\n") == "t.csv: line 7: expert is `-5`; expected a whole number from 0");
  CHECK(after("0,3,2,1,0,5,.5,1,0\n") == "t.csv: line 7: phase is `3`; expected 0 (prefill) or 1 (decode)");
  CHECK(after("0,1,2,1,0,5,.5,7,0\n") == "t.csv: line 7: residency is `7`; expected 0 (miss), 1 (hit) or 2 (hit on a prefetch)");
  CHECK(after(token + token) == "t.csv: line 11: step 2 comes after step 2 was complete; steps of a turn have to ascend");
  CHECK(after(token + "0,1,1,1,0,5,.5,1,0\n") == "t.csv: line 11: step 1 comes after step 2 was complete; steps of a turn have to ascend");
  CHECK(after(token + "0,0,7,1,0,5,.5,1,0\n") == "t.csv: line 11: a prompt (phase 0) follows decoded tokens in turn 0; a turn has one prompt");
  CHECK(after(token.substr(0, token.size() / 2)) == "t.csv: line 8: the pass that ends with step 2 has 0 of 2 experts in layer 2; the file is cut");
  CHECK(read("# route_trace v1\n").error ==
        "t.csv: line 1: the file ends before the line of column names (turn,phase,step,layer,slot,expert,weight,residency,expert_bytes)");
  CHECK(read("# route_trace v1\nturn,phase\n").error.starts_with("t.csv: line 2: is not the line of column names"));
  CHECK(read("# route_trace v1\nstep,layer,slot,slot,expert\n").error.starts_with("t.csv: line 2: names a column twice"));
  CHECK(read("# route_trace v1\n# n_expert=many\n").error.starts_with("t.csv: line 2: n_layer, n_expert"));
  CHECK(read("# route_trace v1\nstep,layer,slot,expert\n").error == "t.csv: its header has no layer with experts, or more than 65535");
  CHECK(read(head + names).error == "t.csv: line 6: the file ends without a row below its column names");
  CHECK(read("# route_trace v1\n# n_expert=70000 n_expert_used=2\n# layer=0 expert_bytes=1\nstep,layer,slot,expert\n").error ==
        "t.csv: its header has no expert in a layer, or more than 65535");
}

TEST_CASE("every cut of a trace is an error or ends between two passes") {
  const std::string whole = head + names + rows;
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const seen_rows seen = read(std::string_view(whole).substr(0, n), 64);
    CAPTURE(n);
    const bool between = seen.tokens() == 0 || seen.tokens() == 2 || seen.tokens() == 3 || seen.tokens() == 4 || seen.tokens() == 5;
    CHECK((between && seen.error.find("broken") == std::string::npos));
    if (seen.tokens() == 0) CHECK(seen.error.starts_with("t.csv: "));
  }
}

TEST_CASE("turns have to ascend") {
  const std::string first = "1,1,2,1,0,5,.5,1,0\n1,1,2,1,1,6,.5,0,100\n1,1,2,2,0,3,.5,1,0\n1,1,2,2,1,2,.5,0,200\n";
  CHECK(read(head + names + first + "0,1,7,1,0,5,.5,1,0\n").error == "t.csv: line 11: turn 0 comes after turn 1; turns have to ascend");
}

}  // namespace
