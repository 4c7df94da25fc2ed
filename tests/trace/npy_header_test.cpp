// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <moesaic/trace/npy_header.hpp>

#include "made_npy.hpp"
#include "seen_rows.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::npy_start;
using namespace std::string_literals;

namespace {

std::string error_of(const std::string& text) {
  memory_source source("a.npy", moesaic_test::raw(text));
  const auto header = npy_header::read(source, "a.npy", 100);
  return header ? "" : std::string(header.error().sentence());
}

TEST_CASE("headers of all versions are read, whatever the order of their words") {
  for (const int version : {1, 2, 3}) {
    const std::string text = npy_start("{'shape': (12, 3, 2), 'fortran_order': False, 'descr': '>u2', }", version);
    memory_source source("a.npy", moesaic_test::raw(text));
    const auto header = npy_header::read(source, "a.npy");
    REQUIRE(header);
    CHECK(header->kind == 'u');
    CHECK(header->width == 2);
    CHECK(header->big_endian);
    CHECK_FALSE(header->fortran_order);
    CHECK(header->shape == std::vector<std::uint64_t>{12, 3, 2});
    CHECK(header->data_at == text.size());
    CHECK(header->holds_integers());
  }
  const std::string one = npy_start("{'descr': '|b1', 'fortran_order': True, 'shape': (4,)}");
  memory_source source("a.npy", moesaic_test::raw(one));
  const auto header = npy_header::read(source, "a.npy");
  REQUIRE(header);
  CHECK(header->shape == std::vector<std::uint64_t>{4});
  CHECK(header->fortran_order);
  CHECK_FALSE(header->holds_integers());
}

TEST_CASE("what is wrong is said with its byte") {
  CHECK(error_of("\x93NUMPX\x01\x00"s + "\0\0"s) == "a.npy: byte 100: is no NumPy array, its first six bytes are not that word");
  CHECK(error_of("\x93NUMPY\x04\x00\x00\x00"s) == "a.npy: byte 106: is a NumPy array of version 4.0; 1.0 to 3.0 are read");
  CHECK(error_of("\x93NUMPY\x02\x00\xff\xff\xff\x7f"s) == "a.npy: byte 108: says that its header has 2147483647 bytes; 65536 at most");
  CHECK(error_of("\x93NUM") == "a.npy: ends at byte 104, inside the header of a NumPy array; the file is cut");
  for (const char* wrong : {"", "{}", "{'descr': '<i4', 'fortran_order': False, 'shape': 3}", "{'descr': '<i4', 'fortran_order': False, 'shape': (3, x)}",
                            "{'descr': '<i4', 'fortran_order': Maybe, 'shape': (3,)}", "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (3,)}",
                            "{'descr': '<i4', 'fortran_order': False, 'shape': (3,", "{'descr': '<i', 'fortran_order': False, 'shape': (3,)}"})
    CHECK(error_of(npy_start(wrong)).starts_with("a.npy: byte 110: its header does not read as"));
  const std::string good = npy_start("{'descr': '<i4', 'fortran_order': False, 'shape': (3,)}");
  for (std::size_t n = 0; n < good.size(); ++n) CHECK(error_of(good.substr(0, n)).find("the file is cut") != std::string::npos);
}

}  // namespace
