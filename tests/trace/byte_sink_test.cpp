// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include <moesaic/trace/byte_sink.hpp>
#include <moesaic/trace/byte_source.hpp>

#include "support/temporary_folder.hpp"

using namespace moesaic;

namespace {
constexpr std::array three{std::byte{1}, std::byte{2}, std::byte{3}};
}

TEST_CASE("memory: what is written is appended") {
  std::vector<std::byte> to{std::byte{9}};
  trace::memory_sink sink(to);
  REQUIRE(sink.write(three));
  REQUIRE(sink.write(three));
  CHECK(to.size() == 7);
  CHECK(to[4] == std::byte{1});
}

TEST_CASE("a file has everything that was taken while it is still open") {
  const temporary_folder folder;
  const std::string path = folder / "bytes";
  auto sink = trace::file_sink::open(path);
  REQUIRE(sink);
  REQUIRE(sink->write(three));
  auto source = trace::file_source::open(path);
  REQUIRE(source);
  std::array<std::byte, 8> seen{};
  CHECK(*trace::read_all_of(*source, seen) == 3);
  CHECK(seen[2] == std::byte{3});
}

TEST_CASE("the last bytes can be written over, where that is possible") {
  std::vector<std::byte> to;
  trace::memory_sink memory(to);
  REQUIRE(memory.write(three));
  CHECK(memory.step_back(2));
  REQUIRE(memory.write(three));
  CHECK(to.size() == 4);
  CHECK(to[1] == std::byte{1});
  const temporary_folder folder;
  auto sink = trace::file_sink::open(folder / "bytes");
  REQUIRE(sink);
  CHECK_FALSE(sink->step_back(1));  // nothing is there
  REQUIRE(sink->write(three));
  CHECK(sink->step_back(2));
  REQUIRE(sink->write(three));
  auto source = trace::file_source::open(folder / "bytes");
  REQUIRE(source);
  std::array<std::byte, 8> seen{};
  CHECK(*trace::read_all_of(*source, seen) == 4);
  CHECK(seen[3] == std::byte{3});
}

TEST_CASE("places that cannot be written, and devices that are full, are said") {
  const auto nowhere = trace::file_sink::open("/there/is/no/such/folder/x");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().code() == error_code::cannot_open);
  CHECK(nowhere.error().sentence().find("/there/is/no/such/folder/x") != std::string_view::npos);
  auto full = trace::file_sink::open("/dev/full");
  if (!full) return;  // not a system that has one
  const auto written = full->write(three);
  REQUIRE_FALSE(written);
  CHECK(written.error().sentence().find("/dev/full") != std::string_view::npos);
}
