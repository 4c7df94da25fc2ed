// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include <moesaic/cuda/handles.hpp>

#include "support/stream_double.hpp"

using namespace moesaic;
using namespace moesaic_test;
using stream = cuda::owned_stream<stream_double>;
using events = cuda::owned_events<stream_double>;

TEST_CASE("a stream ends when all it was given is done, once, however it was moved") {
  stream_double api({.eager = 0});
  int done = 0;
  {
    stream first = std::move(*stream::make(api, cuda::stream_priority::urgent));
    stream second = std::move(*stream::make(api, cuda::stream_priority::idle));
    CHECK(api.handles() == 2);
    api.launch(first.get(), [&] { ++done; });
    api.launch(second.get(), [&] { ++done; });
    const cuda::stream_handle kept = first.get();
    second = std::move(first);
    CHECK(second.get() == kept);
    CHECK(api.handles() == 1);
    CHECK(done >= 1);
    stream third = std::move(second);
    CHECK(third.get() == kept);
  }
  CHECK(done == 2);
  CHECK(api.handles() == 0);
  CHECK(api.misuses().empty());
}

TEST_CASE("a stream that will not say whether it is done is asked again, one of a lost device is not") {
  stream_double api({.eager = 0});
  stream one = std::move(*stream::make(api, cuda::stream_priority::urgent));
  bool done = false;
  api.launch(one.get(), [&] { done = true; });
  api.fail_call(1, stream_double::invalid);
  CHECK(one.settle().ok());
  CHECK(done);
  api.lose();
  const std::uint64_t calls = api.calls();
  CHECK(one.settle().number == stream_double::lost);
  CHECK(api.calls() == calls + 1);
}

TEST_CASE("events are made all or none") {
  stream_double api;
  {
    events some = std::move(*events::make(api, 5));
    CHECK(some.count() == 5);
    CHECK_FALSE(some[0] == some[4]);
    events others = std::move(some);
    CHECK(some.count() == 0);
    CHECK(api.handles() == 5);
    others = std::move(*events::make(api, 2));
    CHECK(api.handles() == 2);
  }
  CHECK(api.handles() == 0);
  api.fail_call(2, stream_double::no_memory);
  const auto none = events::make(api, 3);
  REQUIRE_FALSE(none);
  CHECK(none.error().sentence().find("asked for event 2 of 3") != std::string_view::npos);
  CHECK(api.handles() == 0);
  api.fail_call(1, stream_double::none_there);
  const auto no_stream = stream::make(api, cuda::stream_priority::idle);
  REQUIRE_FALSE(no_stream);
  CHECK(no_stream.error().code() == error_code::cannot_open);
  CHECK(api.misuses().empty());
}
