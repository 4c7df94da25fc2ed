// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <vector>

#include <moesaic/trace/link_use.hpp>

using namespace moesaic;
using trace::link_use;

namespace {
seen::submitted of(std::uint32_t expert, std::uint64_t size) { return {make_expert(0, expert), {size}, cause::demand, residence::slot}; }
completion arrived(std::uint64_t number, std::uint64_t moved) { return {{number}, transfer_status::arrived, {moved}, 0}; }
void report(link_use& use, const std::vector<completion>& told) { use.report({false, told}); }
std::vector<link_use::share> settled(link_use& use, std::int64_t now) {
  const auto shares = use.settle({now});
  return {shares.begin(), shares.end()};
}
}  // namespace

TEST_CASE("one after the other: a share begins where the one before ended, or at the submission") {
  link_use use;
  use.submit(of(1, 100), {10});
  use.submit(of(2, 100), {10});
  report(use, {arrived(1, 100)});
  auto shares = settled(use, 30);
  REQUIRE(shares.size() == 1);
  CHECK(shares[0].of.what.expert == make_expert(0, 1));
  CHECK(shares[0].from == nanoseconds{10});
  CHECK(shares[0].until == nanoseconds{30});
  CHECK(shares[0].moved == bytes{100});
  report(use, {arrived(2, 100)});
  shares = settled(use, 45);
  CHECK(shares.at(0).from == nanoseconds{30});
  CHECK(shares.at(0).until == nanoseconds{45});
  CHECK(shares.at(0).of.since == nanoseconds{10});
  use.submit(of(3, 100), {60});  // the link was idle
  report(use, {arrived(3, 100)});
  CHECK(settled(use, 70).at(0).from == nanoseconds{60});
  CHECK(settled(use, 80).empty());
}

TEST_CASE("arrivals seen at one reading share the time by their bytes, in the order reported") {
  link_use use;
  for (const std::uint64_t size : {300U, 100U, 100U}) use.submit(of(0, size), {0});
  report(use, {arrived(2, 100)});
  report(use, {arrived(1, 300), arrived(3, 100)});
  const auto shares = settled(use, 1'000);
  REQUIRE(shares.size() == 3);
  CHECK(shares[0].of.number == 2);
  CHECK(shares[0].until == nanoseconds{200});
  CHECK(shares[1].from == nanoseconds{200});
  CHECK(shares[1].until == nanoseconds{800});
  CHECK(shares[2].until == nanoseconds{1'000});
}

TEST_CASE("what was submitted late does not begin before its submission, and nothing overlaps") {
  link_use use;
  use.submit(of(1, 100), {0});
  use.submit(of(2, 300), {900});
  report(use, {arrived(1, 100), arrived(2, 300)});
  const auto shares = settled(use, 1'000);
  CHECK(shares[0].until == nanoseconds{250});
  CHECK(shares[1].from == nanoseconds{900});
  CHECK(shares[1].until == nanoseconds{1'000});
}

TEST_CASE("withdrawn transfers have no share; failed and lost ones do") {
  link_use use;
  for (int i = 0; i < 4; ++i) use.submit(of(0, 10), {0});
  const auto gone = use.withdraw({2});
  REQUIRE(gone);
  CHECK(gone->number == 2);
  CHECK_FALSE(use.withdraw({2}));
  CHECK_FALSE(use.withdraw({9}));
  use.report({true, std::vector<completion>{{{1}, transfer_status::read_error, {4}, 5}}});
  auto shares = settled(use, 40);
  REQUIRE(shares.size() == 1);
  CHECK(shares[0].how == transfer_status::read_error);
  CHECK(shares[0].moved == bytes{4});
  use.report({false, {}});  // a poll that found nothing
  CHECK(settled(use, 50).empty());
  use.report({true, {}});  // a wait that has nothing to wait for
  shares = settled(use, 60);
  REQUIRE(shares.size() == 2);
  CHECK(shares[0].how == transfer_status::refused);
  CHECK(shares[1].until == nanoseconds{60});
}

TEST_CASE("transfers without bytes, and a clock that stands") {
  link_use use;
  use.submit(of(1, 0), {5});
  use.submit(of(2, 0), {5});
  report(use, {arrived(1, 0), arrived(2, 0)});
  const auto shares = settled(use, 5);
  CHECK(shares[0].from == nanoseconds{5});
  CHECK(shares[1].until == nanoseconds{5});
}
