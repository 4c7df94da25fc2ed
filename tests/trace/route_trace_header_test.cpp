// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include <moesaic/trace/route_trace_header.hpp>

#include "seen_rows.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::raw;

namespace {

TEST_CASE("numbers, bytes by layer and columns are taken from the lines above the rows") {
  text_lines lines(memory_source("t", raw("# route_trace v1\r\n# model=/x y=3/n_expert=.gguf arch=a n_layer=4 n_expert=16 n_expert_used=3 new=1\n\n"
                                          "# layer=1 expert_bytes=10 dense_bytes=3\n# layer=3 expert_bytes=20\nexpert,new, step ,layer,slot\nrow")));
  const auto header = route_trace_header::read(lines);
  REQUIRE(header);
  CHECK(header->blocks == 4);
  CHECK(header->experts == 16);
  CHECK(header->top_k == 3);
  REQUIRE(header->expert_bytes.size() == 2);
  CHECK(header->expert_bytes[1].first == 3);
  CHECK(header->expert_bytes[1].second == bytes{20});
  CHECK(header->fields == 5);
  CHECK(header->place[route_trace_header::expert] == 0);
  CHECK(header->place[route_trace_header::step] == 2);
  CHECK(header->place[route_trace_header::weight] == route_trace_header::absent);
  CHECK(**lines.next() == "row");
}

TEST_CASE("a remark that cannot be is an error at its line") {
  const auto error_of = [](std::string_view remark) {
    const std::string text = "# route_trace v1\n" + std::string(remark) + "\nstep,layer,slot,expert\n";
    text_lines lines(memory_source("t", raw(text)));
    const auto header = route_trace_header::read(lines);
    return header ? std::string() : std::string(header.error().sentence());
  };
  CHECK(error_of("# anything = goes n_experts=x") == "");
  CHECK(error_of("# n_expert=-1") == "t: line 2: n_layer, n_expert, n_expert_used and layer want a whole number");
  CHECK(error_of("# layer=0 expert_bytes=1e9") == "t: line 2: expert_bytes wants a number of bytes");
  CHECK(error_of("# layer=0 expert_bytes=-4") == "t: line 2: expert_bytes wants a number of bytes");
  CHECK(error_of("# layer=3 expert_bytes=1\n# layer=3 expert_bytes=1") == "t: line 3: layers with their expert_bytes have to ascend");
}

TEST_CASE("its start is recognised by its whole first line") {
  for (const char* mine : {"# route_trace v1", "# route_trace v1\n# x", "# route_trace v1\r\n"}) CHECK(route_trace_header::recognises(raw(mine)));
  for (const char* other : {"", "# route_trace v", "# route_trace v12", "#route_trace v1", "x"}) CHECK_FALSE(route_trace_header::recognises(raw(other)));
}

}  // namespace
