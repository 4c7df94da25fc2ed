// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include <moesaic/trace/routed_arrays.hpp>

#include "made_npy.hpp"
#include "seen_rows.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::dripping_source;
using moesaic_test::npy;
using moesaic_test::raw;
using moesaic_test::rows_of_file;
using moesaic_test::seen_rows;

namespace {

using ids = std::vector<std::uint16_t>;
constexpr std::uint16_t none = not_routed;

seen_rows read(const std::string& file, trace_options options = {}, std::size_t most = 11) {
  using arrays = npy_file<dripping_source>;
  return rows_of_file<routed_arrays_reader<arrays>, arrays>("t.npy", raw(file), most, options);
}

TEST_CASE("integers of every width, sign and byte order are ids") {
  for (const auto& [type, width] : std::vector<std::pair<std::string, int>>{
           {"|u1", 1}, {"|i1", 1}, {"<u2", 2}, {"<i2", 2}, {">u2", 2}, {">i2", 2}, {"<u4", 4}, {"<i4", 4}, {">i4", 4}, {"<i8", 8}, {">u8", 8}}) {
    const std::string& said = type;  // clang captures no binding
    CAPTURE(said);
    const seen_rows seen = read(npy(type, width, "(3, 2, 2)", {1, 0, 5, 4, 1, 2, 3, 1, 4, 0, 0, 1}));
    CHECK(seen.error == "");
    CHECK(seen.facts.format == "vLLM routed experts");
    CHECK(seen.facts.shape == dimensions{2, 6, 2});
    CHECK(seen.facts.tokens == 3);
    CHECK(seen.facts.sequences == 1);
    CHECK(seen.ids == ids{1, 0, 5, 4, 1, 2, 3, 1, 4, 0, 0, 1});
    CHECK(seen.sequence == std::vector<std::uint32_t>{0, 0, 0});
    CHECK(seen.batch == std::vector<std::uint32_t>{0, 0, 0});
  }
}

TEST_CASE("layers of zeros are dense, rows of zeros or the mark were not routed") {
  // Block 0 is dense; the last token was not captured in block 1.
  CHECK(read(npy("|u1", 1, "(2, 3, 2)", {0, 0, 3, 1, 0, 2, 0, 0, 0, 0, 4, 2})).ids == ids{3, 1, 0, 2, none, none, 4, 2});
  CHECK(read(npy("|u1", 1, "(2, 1, 2)", {0, 1, 255, 255})).ids == ids{0, 1, none, none});
  CHECK(read(npy("<i2", 2, "(2, 1, 2)", {0, 1, -1, 2})).ids == ids{0, 1, none, 2});
  CHECK(read(npy("<u2", 2, "(2, 1, 2)", {0, 1, 65'535, 65'535})).ids == ids{0, 1, none, none});
  CHECK(read(npy("|u1", 1, "(2, 1, 1)", {0, 255})).ids == ids{0, 255});  // top-1: every id may be one
  CHECK(read(npy("|u1", 1, "(2, 1, 2)", {0, 1, 255, 3})).facts.shape.experts == 256);
}

TEST_CASE("long arrays come in pieces") {
  std::vector<std::int64_t> values;
  ids expected;
  for (int i = 0; i < 20'000 * 6; ++i) {
    values.push_back(i * 7 % 61 / 2 * 2 + i % 2);
    expected.push_back(static_cast<std::uint16_t>(values.back()));
  }
  const seen_rows seen = read(npy("<i4", 4, "(20000, 3, 2)", values), {}, 100'000);
  CHECK(seen.error == "");
  CHECK(seen.ids == expected);
}

TEST_CASE("what is wrong is said with its byte") {
  const std::string good = npy("<i4", 4, "(1, 2, 2)", {1, 0, 5, 4});
  const std::size_t data = good.size() - 16;
  const std::string at = "t.npy: byte " + std::to_string(data) + ": ";
  CHECK(read(npy("<i4", 4, "(4, 2)", {1, 0, 5, 4, 1, 2, 3, 1})).error.find("is an array of 2 dimensions; expected [tokens][layers][top_k]") !=
        std::string::npos);
  CHECK(read(npy("<f4", 4, "(1, 2, 2)", {1, 0, 5, 4})).error == at + "holds elements of another kind than integers of 1, 2, 4 or 8 bytes");
  CHECK(read(npy("<i4", 4, "(1, 0, 2)", {})).error == at + "has 0 layers of top-2; at least 1 of both, and 1048576 ids for a token at most");
  CHECK(read(npy("<i4", 4, "(0, 2, 2)", {})).error == "t.npy: holds no routed token");
  CHECK(read(npy("<i4", 4, "(1, 2, 2)", {1, 0, -2, 4})).error ==
        "t.npy: byte " + std::to_string(data + 8) + ": is no expert's number (0 to 65534, or -1 for not routed)");
  CHECK(read(npy("<i4", 4, "(1, 2, 2)", {1, 0, 70'000, 4})).error.find("is no expert's number") != std::string::npos);
  CHECK(read(npy("<i4", 4, "(1, 2, 2)", {1, 0, 5, 5})).error ==
        "t.npy: byte " + std::to_string(data + 8) + ": token 0, layer 1 names an expert twice; are these routed experts, [tokens][layers][top_k]?");
  CHECK(read(good + "x").error == "t.npy: goes on after byte " + std::to_string(good.size()) + ", where its array ends");
  CHECK(read(moesaic_test::npy_start("{'descr': '<i4', 'fortran_order': True, 'shape': (1, 2, 2)}")).error.find("is in Fortran order; save it in C order") !=
        std::string::npos);
  for (std::size_t n = 0; n < good.size(); ++n) CHECK(read(good.substr(0, n)).error.find("the file is cut") != std::string::npos);
  CHECK(read(good, {.experts = 3}).error == "t.npy: 3 experts were said, but expert 5 occurs");
  CHECK(read(good, {.experts = 64}).facts.shape.experts == 64);
}

}  // namespace
