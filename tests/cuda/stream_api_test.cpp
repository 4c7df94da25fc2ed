// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <moesaic/cuda/stream_api.hpp>

#include "support/stream_double.hpp"

// The double has to keep the contract, or what is found with it means nothing.
using namespace moesaic;
using namespace moesaic_test;
using cuda::stream_priority;

static_assert(cuda::explain_stream_api<cuda::archetype::streams>());
static_assert(cuda::explain_stream_api<stream_double>());

TEST_CASE("a stream keeps its order, two streams only what they are told") {
  bool either = false, other = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    stream_double api({.seed = seed});
    const auto a = api.make_stream(stream_priority::urgent).value, b = api.make_stream(stream_priority::idle).value;
    const auto gate = api.make_event().value;
    std::vector<int> order;
    for (int i = 0; i < 4; ++i) api.launch(a, [&, i] { order.push_back(i); });
    REQUIRE(api.record(gate, a).ok());
    api.launch(a, [&] { order.push_back(4); });
    api.launch(b, [&] { order.push_back(10); });
    REQUIRE(api.wait(b, gate).ok());
    api.launch(b, [&] { order.push_back(11); });
    api.run_all();
    const auto at = [&](int what) { return std::find(order.begin(), order.end(), what) - order.begin(); };
    REQUIRE(order.size() == 7);
    for (int i = 0; i < 4; ++i) CHECK(at(i) < at(i + 1));
    CHECK(at(10) < at(11));
    CHECK(at(3) < at(11));
    (at(10) < at(0) ? either : other) = true;
  }
  CHECK(either);
  CHECK(other);
}

TEST_CASE("a wait is for the mark that was set last before it") {
  stream_double api({.eager = 0});
  const auto a = api.make_stream(stream_priority::urgent).value, b = api.make_stream(stream_priority::idle).value;
  const auto gate = api.make_event().value;
  REQUIRE(api.wait(b, gate).ok());  // never recorded: past
  bool went = false;
  api.launch(b, [&] { went = true; });
  CHECK(api.query(gate).ok());
  REQUIRE(api.finish(b).ok());
  CHECK(went);
  api.launch(a, [] {});
  REQUIRE(api.record(gate, a).ok());
  REQUIRE(api.wait(b, gate).ok());
  CHECK(api.meaning(api.query(gate)) == cuda::fault::not_ready);
  REQUIRE(api.finish(gate).ok());
  CHECK(api.query(gate).ok());
  api.launch(a, [] {});
  REQUIRE(api.record(gate, a).ok());  // b still waits for the first alone
  REQUIRE(api.finish(b).ok());
  CHECK_FALSE(api.query(gate).ok());
}

TEST_CASE("copies are late, read their source when they happen, and a batch has no order") {
  stream_double api({.eager = 0});
  const auto s = api.make_stream(stream_priority::urgent).value;
  const auto to = api.device_allocate({100}).value, from = api.pinned_allocate({100}).value;
  std::memset(from, 1, 100);
  REQUIRE(api.copy({to, from, {50}}, s).ok());
  CHECK(to[0] == std::byte{0xEE});
  std::memset(from, 2, 100);
  REQUIRE(api.finish(s).ok());
  CHECK(to[0] == std::byte{2});
  CHECK(to[50] == std::byte{0xEE});
  bool reversed = false;
  for (std::uint64_t seed = 0; seed < 40 && !reversed; ++seed) {
    stream_double other({.seed = seed, .eager = 0});
    const auto t = other.make_stream(stream_priority::urgent).value;
    std::array<std::byte, 2> target{};
    const std::array<std::byte, 2> source{std::byte{1}, std::byte{1}};
    const std::array<cuda::copy_piece, 2> pieces{{{&target[0], &source[0], {1}}, {&target[1], &source[1], {1}}}};
    REQUIRE(other.copy_batch(pieces, t).ok());
    other.run(1);
    reversed = target[1] == std::byte{1};
  }
  CHECK(reversed);
}

TEST_CASE("what is asked against the contract is noted") {
  stream_double api({.eager = 0, .own_targets_only = true});
  const auto s = api.make_stream(stream_priority::urgent).value;
  const auto e = api.make_event().value;
  std::array<std::byte, 4> plain{};
  CHECK_FALSE(api.copy({plain.data(), plain.data(), {4}}, s).ok());
  CHECK(api.misuses() == "copy to what is no device memory; ");
  const auto to = api.device_allocate({4}).value;
  REQUIRE(api.copy({to, plain.data(), {4}}, s).ok());
  api.device_free(to);
  CHECK(api.misuses().find("under a copy") != std::string::npos);
  api.end_event(e);
  CHECK_FALSE(api.query(e).ok());
  CHECK(api.misuses().find("query of a dead event") != std::string::npos);
}

TEST_CASE("calls fail when they are told to, and after a loss all of them") {
  stream_double api;
  api.fail_call(2, stream_double::no_memory);
  CHECK(api.make_event().code.ok());
  CHECK(api.make_event().code.number == stream_double::no_memory);
  CHECK(api.has_failed());
  CHECK(api.make_event().code.ok());
  const auto s = api.make_stream(stream_priority::urgent).value;
  bool ran = false;
  api.launch(s, [&] { ran = true; });
  api.lose();
  CHECK(api.finish(s).number == stream_double::lost);
  api.run_all();
  CHECK_FALSE(ran);
}
