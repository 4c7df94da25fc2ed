// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <string>

#include <moesaic/trace/byte_source.hpp>

#include "made_moetrc1.hpp"
#include "support/temporary_folder.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::dripping_source;

namespace {

static_assert(byte_source<memory_source> && byte_source<file_source> && byte_source<dripping_source>);
struct deaf {
  [[nodiscard]] std::string_view name() const noexcept { return "deaf"; }
};
static_assert(!byte_source<deaf>);

const std::array five{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}, std::byte{5}};

TEST_CASE("a memory source gives its bytes once, in order, and then nothing") {
  memory_source source("five", five);
  std::array<std::byte, 3> piece{};
  CHECK(*source.read(piece) == 3);
  CHECK(piece[2] == std::byte{3});
  CHECK(*source.read(piece) == 2);
  CHECK(piece[1] == std::byte{5});
  CHECK(*source.read(piece) == 0);
  CHECK(source.size() == 5);
  CHECK(source.name() == "five");
}

TEST_CASE("reading all of something asks again until it is full, or the source ends") {
  dripping_source slow("slow", five, 2);
  std::array<std::byte, 4> four{};
  CHECK(*read_all_of(slow, four) == 4);
  CHECK(four[3] == std::byte{4});
  CHECK(*read_all_of(slow, four) == 1);
  CHECK(*read_all_of(slow, four) == 0);
}

TEST_CASE("a file source reads what is in the file and knows its size") {
  const temporary_folder here;
  moesaic_test::write_bytes(here / "five", five);
  result<file_source> source = file_source::open(here / "five");
  REQUIRE(source);
  CHECK(source->size() == 5);
  CHECK(source->name() == here / "five");
  std::array<std::byte, 8> all{};
  CHECK(*read_all_of(*source, all) == 5);
  CHECK(all[4] == std::byte{5});
}

TEST_CASE("what cannot be opened or read is named, with the system's reason") {
  const temporary_folder here;
  const result<file_source> missing = file_source::open(here / "missing");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code() == error_code::cannot_open);
  CHECK(std::string(missing.error().sentence()) == here / "missing" + ": cannot be opened: No such file or directory");

  result<file_source> folder = file_source::open(here.path());
  std::array<std::byte, 8> out{};
  std::string said;
  if (!folder)
    said = folder.error().sentence();
  else if (const result<std::size_t> got = folder->read(out); !got)
    said = got.error().sentence();
  CHECK(said.find("Is a directory") != std::string::npos);
}

}  // namespace
