// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <utility>

#include <moesaic/cuda/lane_streams.hpp>

#include "support/stream_double.hpp"

using namespace moesaic;
using namespace moesaic_test;
using lanes = cuda::lane_streams<stream_double>;
using cuda::lane;

TEST_CASE("three streams, and marks that are all different") {
  stream_double api;
  {
    lanes l = std::move(*lanes::create(api, 3, 2));
    CHECK(l.transfers() == 3);
    CHECK(l.chunks() == 2);
    CHECK(std::set<void*>{l.stream(lane::urgent).raw, l.stream(lane::held).raw, l.stream(lane::idle).raw}.size() == 3);
    std::set<void*> marks;
    for (std::uint32_t i = 0; i < 3; ++i) marks.insert(l.begin(i).raw), marks.insert(l.end(i).raw);
    for (std::uint64_t i = 5; i < 7; ++i) marks.insert(l.chunk(i).raw);
    CHECK(marks.size() == 8);
    CHECK(l.chunk(1) == l.chunk(3));
  }
  CHECK(api.handles() == 0);
  for (std::uint64_t n = 1; n <= 11; ++n) {
    stream_double small;
    small.fail_call(n, stream_double::no_memory);
    CHECK_FALSE(lanes::create(small, 3, 2));
    CHECK(small.handles() == 0);
  }
}

TEST_CASE("a mark that is refused waits for its stream") {
  stream_double api({.eager = 0});
  lanes l = std::move(*lanes::create(api, 1, 1));
  bool done = false;
  api.launch(l.stream(lane::idle), [&] { done = true; });
  CHECK_FALSE(l.set(l.end(0), lane::idle));
  CHECK_FALSE(l.reached(l.end(0)));
  api.fail_call(1, stream_double::invalid);
  CHECK(l.set(l.end(0), lane::idle));
  CHECK(done);
  CHECK(l.lost() == 0);
}

TEST_CASE("eight refusals in a row are a loss, seven and an answer are none; a lost device is one at once") {
  stream_double api({.eager = 0});
  lanes l = std::move(*lanes::create(api, 1, 1));
  const auto refuse = [&](int times) {
    for (int i = 0; i < times; ++i) {
      api.fail_call(1, i % 2 == 0 ? stream_double::invalid : 4711);
      if (i % 3 == 0)
        l.block(l.end(0));
      else
        CHECK_FALSE(l.reached(l.end(0)));
    }
  };
  refuse(7);
  CHECK(l.reached(l.end(0)));  // never set: past
  refuse(7);
  CHECK(l.lost() == 0);
  refuse(1);
  CHECK(l.lost() == stream_double::invalid);
  l.lose({9});
  CHECK(l.lost() == stream_double::invalid);  // the first reason stays

  lanes other = std::move(*lanes::create(api, 1, 1));
  api.fail_call(1, stream_double::lost);
  CHECK_FALSE(other.reached(other.end(0)));
  CHECK(other.lost() == stream_double::lost);
}
