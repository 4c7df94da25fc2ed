// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

#include <moesaic/core/counters.hpp>
#include <moesaic/core/published.hpp>

namespace {
using namespace moesaic;
using numbers = std::array<std::uint64_t, 16>;

TEST_CASE("before anything is published there is nothing, and then the latest") {
  published<counters> shared;
  CHECK(shared.times() == 0);
  CHECK(shared.read() == counters{});
  counters now;
  now.events = 3;
  now.stall = {-1};
  shared.publish(now);
  CHECK(shared.read() == now);
  now.bytes_host = {7};
  shared.publish(now);
  CHECK(shared.try_read() == now);
  CHECK(shared.times() == 2);
}

TEST_CASE("a reader beside a writer sees whole values, and none older than the one before") {
  constexpr std::uint64_t last = 50'000;
  published<numbers> shared;
  std::atomic<bool> reading{false};
  std::thread writer([&] {
    while (!reading.load()) std::this_thread::yield();
    numbers now{};
    for (std::uint64_t turn = 1; turn <= last; ++turn) {
      now.fill(turn);
      shared.publish(now);
    }
  });
  std::uint64_t mixed = 0, back = 0, newest = 0;
  reading.store(true);
  while (newest != last) {
    const numbers seen = shared.read();
    for (const std::uint64_t word : seen) mixed += word != seen[0] ? 1 : 0;
    back += seen[0] < newest ? 1 : 0;
    newest = seen[0];
  }
  writer.join();
  CHECK(mixed == 0);
  CHECK(back == 0);
  CHECK(shared.times() == last);
}
}  // namespace
