// SPDX-License-Identifier: MIT
#include <array>

#include <doctest/doctest.h>

#include <moesaic/transport/file/read_progress.hpp>

using namespace moesaic::file;
using step = read_progress::step;

TEST_CASE("a short read goes on where it ended, until what is needed is there") {
  std::array<std::byte, 4'096> room{};
  read_progress p({.file_offset = 8'192, .length = 4'096, .needed = 2'500, .to = room.data()}, 512);
  CHECK(p.to() == room.data());
  CHECK(p.left() == 4'096);
  CHECK(p.after(1'024) == step::again);
  CHECK(p.to() == room.data() + 1'024);
  CHECK(p.file_offset() == 8'192 + 1'024);
  CHECK(p.left() == 3'072);
  CHECK(p.after(-EINTR) == step::again);
  CHECK(p.after(-EAGAIN) == step::again);
  CHECK(p.got() == 1'024);
  CHECK(p.after(1'476) == step::whole);  // not to a block's end, but to what is needed: the file may end here
  CHECK(p.got() == 2'500);
}

TEST_CASE("the file ended: nothing comes, or a direct read stops inside a block") {
  std::array<std::byte, 4'096> room{};
  const piece what{.length = 4'096, .needed = 4'000, .to = room.data()};
  read_progress nothing(what, 512);
  CHECK(nothing.after(512) == step::again);
  CHECK(nothing.after(0) == step::ended);
  read_progress direct(what, 512);
  CHECK(direct.after(700) == step::ended);
  CHECK(direct.got() == 700);
  read_progress buffered(what, 1);
  CHECK(buffered.after(700) == step::again);
}

TEST_CASE("an error ends it") {
  read_progress p({.length = 10, .needed = 10}, 1);
  CHECK(p.after(-EIO) == step::failed);
  CHECK(p.got() == 0);
}
