// SPDX-License-Identifier: MIT
#include "pattern_bench.hpp"

#include <moesaic/transport/recorded.hpp>
#include <moesaic/transport/simulated.hpp>

using namespace moesaic;
using namespace moesaic::transports;

TEST_CASE("recorded is a transport") {
  conformance::a_transport(pattern_bench([] { return recorded(simulated({.capacity = 5, .overhead = {7}, .rate = {1e9}}, pattern_content{})); }));
}

TEST_CASE("a recorded transport with a full tape is still a transport") {
  conformance::a_transport(pattern_bench([] { return recorded(simulated({.capacity = 5}, pattern_content{}), 3); }));
}

TEST_CASE("the tape holds every call and every answer, in order") {
  recorded link(simulated({.capacity = 3, .overhead = {10}, .rate = {1e9}}));
  std::array<completion, 2> out{};
  link.submit({ticket{1}, make_expert(1, 2), nullptr, bytes{90}, cause::prefetch, {}});
  link.submit({ticket{2}, make_expert(1, 3), nullptr, bytes{90}, cause::demand, {}});
  CHECK(link.poll(out) == 0);
  CHECK(link.poll(out) == 0);
  CHECK(link.cancel(ticket{2}));
  CHECK_FALSE(link.cancel(ticket{1}));
  CHECK(link.wait(out) == 1);
  CHECK(link.now() == nanoseconds{100});
  CHECK(link.cost().rate.count == 1e9);
  link.advance({5});
  using enum tape_entry::kind;
  const std::vector<tape_entry> expected{
      {.what = submitted, .why = cause::prefetch, .expert = make_expert(1, 2), .about = {1}, .amount = {90}},
      {.what = submitted, .why = cause::demand, .expert = make_expert(1, 3), .about = {2}, .amount = {90}},
      {.what = polled, .times = 2},
      {.what = cancelled, .count = 1, .about = {2}},
      {.what = cancelled, .count = 0, .about = {1}},
      {.what = waited, .count = 1},
      {.what = completed, .about = {1}, .amount = {90}},
      {.what = clock, .time = {100}},
      {.what = cost, .time = {10}, .rate = 1e9},
  };
  const auto entries = link.so_far().entries();
  REQUIRE(entries.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK_MESSAGE(entries[i] == expected[i], "entry ", i);
  CHECK(link.so_far().complete());
  CHECK(link.inner().now() == nanoseconds{105});
}
