// SPDX-License-Identifier: MIT
#include "pattern_bench.hpp"

#include <moesaic/transport/simulated.hpp>

using namespace moesaic;
using namespace moesaic::transports;

namespace {
transfer of(std::uint64_t number, std::uint64_t size, cause why = cause::demand) { return {ticket{number}, make_expert(0, 0), nullptr, bytes{size}, why, {}}; }
}  // namespace

TEST_CASE("simulated is a transport") {
  conformance::a_transport(pattern_bench([] { return simulated({.capacity = 5, .overhead = {7}, .rate = {1e9}}, pattern_content{}); }));
}

TEST_CASE("simulated is a transport when demand comes first") {
  conformance::a_transport(pattern_bench([] { return simulated({.capacity = 5, .overhead = {7}, .rate = {1e9}, .demand_first = true}, pattern_content{}); }));
}

TEST_CASE("time passes only when it is told to, or waited for") {
  simulated link({.capacity = 3, .overhead = {10}, .rate = {1e9}});
  std::array<completion, 4> out{};
  link.submit(of(1, 90));
  link.submit(of(2, 40));
  CHECK(link.poll(out) == 0);
  CHECK(link.now() == nanoseconds{0});
  link.advance({99});
  CHECK(link.poll(out) == 0);
  CHECK(link.wait(out) == 1);
  CHECK(out[0].number == ticket{1});
  CHECK(out[0].moved == bytes{90});
  CHECK(link.now() == nanoseconds{100});
  CHECK(link.open() == 1);
  link.advance({1'000});
  CHECK(link.wait(out) == 1);  // arrived at 150: no jump
  CHECK(link.now() == nanoseconds{1'100});
  CHECK(link.busy() == nanoseconds{150});
  CHECK(link.cost().overhead == nanoseconds{10});
  CHECK(link.cost().rate == bytes_per_second{1e9});
  CHECK(link.open() == 0);
}

TEST_CASE("the room is written when the completion is told, not after a cancel") {
  simulated link({.capacity = 2, .overhead = {10}, .rate = {1e9}}, pattern_content{});
  std::array<std::byte, 8> first{};
  std::array<std::byte, 8> second{};
  link.submit({ticket{1}, make_expert(0, 1), first.data(), bytes{8}, cause::demand, {}});
  link.submit({ticket{2}, make_expert(0, 2), second.data(), bytes{8}, cause::prefetch, {}});
  CHECK(link.cancel(ticket{2}));
  std::array<completion, 4> out{};
  CHECK(link.wait(out) == 1);
  CHECK(holds_pattern(make_expert(0, 1), first));
  link.advance(milliseconds(1));
  CHECK(link.wait(out) == 0);
  CHECK(second == std::array<std::byte, 8>{});
}

TEST_CASE("simulated is a transport with chunks, and with a second link behind the first") {
  conformance::a_transport(
      pattern_bench([] { return simulated({.capacity = 5, .overhead = {7}, .rate = {1e9}, .demand_first = true, .chunk = {3}}, pattern_content{}); }));
  conformance::a_transport(pattern_bench([] {
    return simulated({.capacity = 5, .overhead = {7}, .rate = {1e9}, .demand_first = true, .chunk = {3}, .behind = {{{{3}, {2e9}}, {true, {}}}}},
                     pattern_content{});
  }));
}

TEST_CASE("reads in place take the link's time and move the clock") {
  simulated link({.capacity = 3, .overhead = {10}, .rate = {1e9}});
  std::array<completion, 4> out{};
  link.submit(of(1, 90));
  link.charge({40});
  CHECK(link.now() == nanoseconds{50});
  CHECK(link.wait(out) == 1);
  CHECK(link.now() == nanoseconds{150});
  CHECK(link.links().link(0).moved() == bytes{90});
}
