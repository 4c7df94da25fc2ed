// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <moesaic/core/knobs.hpp>

namespace {
using namespace moesaic;

constexpr std::array two{knob{"depth", 4, 1, 9}, knob{"width", 2, 0, 100}};

std::string said(std::string_view text) {
  const auto read = knobs_of(*spec::parse(text), two);
  return read ? "fine" : std::string(read.error().sentence());
}

TEST_CASE("knobs: by name, by place, or as usual") {
  using both = std::array<std::uint64_t, 2>;
  CHECK(*knobs_of(*spec::parse("x"), two) == both{4, 2});
  CHECK(*knobs_of(*spec::parse("x(7)"), two) == both{7, 2});
  CHECK(*knobs_of(*spec::parse("x(7,width=0)"), two) == both{7, 0});
  CHECK(*knobs_of(*spec::parse("x(width=100,depth=9)"), two) == both{9, 100});
}

TEST_CASE("knobs: what is out of range, given twice or nobody's is an error that names it") {
  CHECK(said("x(0)").find("depth has to be a whole number from 1 to 9") != std::string::npos);
  CHECK(said("x(width=101)").find("width has to be a whole number from 0 to 100") != std::string::npos);
  CHECK(said("x(7,depth=7)").find("gives depth twice") != std::string::npos);
  CHECK(said("x(height=1)").find("height") != std::string::npos);
  CHECK(said("x(1,2)").find("'2'") != std::string::npos);
}

}  // namespace
