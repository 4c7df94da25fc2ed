// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/cache/staging_frames.hpp>

using namespace moesaic;

TEST_CASE("frames are taken, given back, and account for their bytes") {
  staging_frames frames(2, {100});
  CHECK(frames.all() == bytes{200});
  CHECK(frames.occupied() == bytes{0});
  const auto a = frames.take();
  const auto b = frames.take();
  CHECK(frames.offset(a) != frames.offset(b));
  CHECK_FALSE(frames.available());
  CHECK(frames.occupied() == bytes{200});
  frames.give_back(a, {3});
  CHECK(frames.available());
  CHECK(frames.take() == a);
  CHECK(frames.last_use(a) == fence{3});
}

TEST_CASE("a frame whose next transfer was refused still waits for its last use") {
  staging_frames frames(1, {100});
  const auto only = frames.take();
  frames.give_back(only, {5});
  (void)frames.take();
  frames.give_back(only, {});  // the transfer behind fence 5 never began
  (void)frames.take();
  CHECK(frames.last_use(only) == fence{5});
}
