// SPDX-License-Identifier: MIT
#include "pattern_bench.hpp"

#include <moesaic/transport/reordering.hpp>
#include <moesaic/transport/simulated.hpp>

using namespace moesaic;
using namespace moesaic::transports;

namespace {
auto shuffled(std::uint64_t seed) { return reordering(simulated({.capacity = 6, .overhead = {7}, .rate = {1e9}}, pattern_content{}), seed); }
std::vector<std::uint64_t> order(std::uint64_t seed) {
  auto link = shuffled(seed);
  for (std::uint64_t n = 1; n <= 6; ++n) link.submit({ticket{n}, make_expert(0, 0), nullptr, bytes{10}, cause::demand, {}});
  std::vector<std::uint64_t> told;
  std::array<completion, 6> out{};
  while (const std::uint32_t n = link.wait(out))
    for (std::uint32_t i = 0; i < n; ++i) told.push_back(out[i].number.number);
  return told;
}
}  // namespace

TEST_CASE("reordering is a transport") {
  std::uint64_t seed = 0;
  conformance::a_transport(pattern_bench([&seed] { return shuffled(++seed); }));
}

TEST_CASE("the order is another for another seed, and the same for the same") {
  std::vector<std::vector<std::uint64_t>> orders;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto told = order(seed);
    CHECK(told == order(seed));
    orders.push_back(told);
    std::sort(told.begin(), told.end());
    CHECK(told == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
  }
  std::sort(orders.begin(), orders.end());
  CHECK(std::unique(orders.begin(), orders.end()) - orders.begin() > 10);
}

TEST_CASE("polls hold some back, and the clock in the hand is the inner one") {
  auto link = shuffled(3);
  for (std::uint64_t n = 1; n <= 6; ++n) link.submit({ticket{n}, make_expert(0, 0), nullptr, bytes{10}, cause::demand, {}});
  link.advance(microseconds(1));
  CHECK(link.now() == microseconds(1));
  CHECK(link.inner().open() == 6);
  std::array<completion, 6> out{};
  const std::uint32_t n = link.poll(out);
  CHECK(n < 6);
  CHECK(link.inner().open() == 0);
  CHECK(link.cost().overhead == nanoseconds{7});
}
