// SPDX-License-Identifier: MIT
#include "pattern_bench.hpp"

#include <moesaic/transport/instant.hpp>

using namespace moesaic;
using namespace moesaic::transports;

TEST_CASE("instant is a transport") {
  conformance::a_transport(pattern_bench([] { return instant(7, pattern_content{}); }));
}

TEST_CASE("instant answers at once, in order, for nothing") {
  instant link(3);
  std::array<completion, 8> out{};
  std::uint64_t next = 0;
  for (int round = 0; round < 5; ++round) {  // the ring goes round
    for (std::uint64_t i = 1; i <= 3; ++i) link.submit({ticket{next + i}, make_expert(0, 0), nullptr, bytes{10 * i}, cause::demand, {}});
    CHECK_FALSE(link.cancel(ticket{next + 1}));
    REQUIRE(link.poll(std::span(out).first(2)) == 2);
    CHECK(out[0].number == ticket{next + 1});
    CHECK(out[1].number == ticket{next + 2});
    CHECK(out[1].moved == bytes{20});
    link.submit({ticket{next + 4}, make_expert(0, 0), nullptr, bytes{1}, cause::demand, {}});
    REQUIRE(link.wait(out) == 2);
    CHECK(out[0].number == ticket{next + 3});
    CHECK(out[1].number == ticket{next + 4});
    next += 4;
  }
  CHECK(link.now() == nanoseconds{});
  link.advance(microseconds(3));
  CHECK(link.now() == microseconds(3));
  CHECK(instant(0).capacity() == 1);
}
