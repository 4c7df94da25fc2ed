// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/sim/machine.hpp>

using namespace moesaic;

TEST_CASE("a machine makes its link, and knows the slowest of a row") {
  sim::machine m;
  m.links = {{{{10}, {1e9}}, {true, {64}}}, {{{5}, {2e9}}, {}}};
  m.open_transfers = 3;
  auto link = m.link();
  CHECK(link.capacity() == 3);
  CHECK(link.links().size() == 2);
  CHECK(link.cost().overhead == nanoseconds{15});
  CHECK(m.rate() == bytes_per_second{1e9});
  link.submit({ticket{1}, make_expert(0, 0), nullptr, bytes{90}, cause::prefetch, {}});
  link.submit({ticket{2}, make_expert(0, 1), nullptr, bytes{10}, cause::demand, {}});
  std::array<completion, 2> out{};
  CHECK(link.wait(out) == 1);
  CHECK(out[0].number == ticket{2});  // passed at the border behind 64 bytes
}
