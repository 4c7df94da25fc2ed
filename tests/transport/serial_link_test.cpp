// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/transport/serial_link.hpp>

using namespace moesaic;
using namespace moesaic::transports;

namespace {
transfer of(std::uint64_t number, std::uint64_t size, cause why = cause::demand) { return {ticket{number}, make_expert(0, 0), nullptr, bytes{size}, why, {}}; }
const link_cost byte_a_nanosecond{{10}, {1e9}};
}  // namespace

TEST_CASE("one transfer travels at a time") {
  serial_link link(4, byte_a_nanosecond, false);
  link.submit(of(1, 90), {0});
  link.submit(of(2, 40), {5});
  CHECK(link.next_arrival() == nanoseconds{100});
  CHECK(link.arrived({99}).empty());
  CHECK(link.arrived({100}).size() == 1);
  CHECK(link.next_arrival() == nanoseconds{150});
  CHECK(link.arrived({400}).size() == 2);  // started when the first ended, not when somebody looked
  CHECK_FALSE(link.next_arrival());
  CHECK(link.busy() == nanoseconds{150});
  CHECK(link.take(ticket{2}, {400}));
  CHECK_FALSE(link.take(ticket{2}, {400}));
  link.forget_arrived(1);
  CHECK(link.open() == 0);
  link.submit(of(3, 10), {400});
  CHECK(link.next_arrival() == nanoseconds{420});
}

TEST_CASE("what has not started can be cancelled, by the clock and not by who looked") {
  serial_link link(4, byte_a_nanosecond, false);
  link.submit(of(1, 90), {0});
  link.submit(of(2, 90), {0});
  link.submit(of(3, 90), {0});
  CHECK_FALSE(link.cancel(ticket{1}, {0}));
  CHECK_FALSE(link.cancel(ticket{2}, {100}));  // starts at 100, though nobody has polled
  CHECK(link.cancel(ticket{3}, {100}));
  CHECK_FALSE(link.cancel(ticket{3}, {100}));
  CHECK(link.arrived({1'000}).size() == 2);
}

TEST_CASE("demand overtakes prefetches where that is wanted, and never what travels") {
  for (const bool demand_first : {false, true}) {
    serial_link link(4, byte_a_nanosecond, demand_first);
    link.submit(of(1, 90, cause::prefetch), {0});
    link.submit(of(2, 90, cause::prefetch), {0});
    link.submit(of(3, 90, cause::demand), {0});
    link.submit(of(4, 90, cause::demand), {0});
    std::vector<std::uint64_t> order;
    for (const transfer& t : link.arrived({1'000})) order.push_back(t.number.number);
    CHECK(order == (demand_first ? std::vector<std::uint64_t>{1, 3, 4, 2} : std::vector<std::uint64_t>{1, 2, 3, 4}));
  }
}

TEST_CASE("somebody else on the link pushes everything back") {
  serial_link link(4, byte_a_nanosecond, false);
  link.occupy({50}, {0});
  link.submit(of(1, 90), {10});
  CHECK(link.next_arrival() == nanoseconds{150});
  link.occupy({25}, {60});
  CHECK(link.next_arrival() == nanoseconds{175});
  CHECK(link.busy() == nanoseconds{175});
}

TEST_CASE("a link without a rate never brings anything, and does not overflow") {
  serial_link link(2, {{10}, {0}}, false);
  link.submit(of(1, 90), {7});
  link.submit(of(2, 90), {7});
  CHECK(link.next_arrival() == nanoseconds::highest());
  CHECK(link.arrived(nanoseconds::highest() - nanoseconds{1}).empty());
  CHECK(link.arrived(nanoseconds::highest()).size() == 2);
}

TEST_CASE("a dropped transfer is forgotten wherever it is, and gives back the time it has not used") {
  serial_link link(4, byte_a_nanosecond, false);
  for (std::uint64_t n = 1; n <= 4; ++n) link.submit(of(n, 90), {0});
  link.drop(ticket{1}, {150});  // has arrived
  link.drop(ticket{2}, {150});  // travels until 200
  CHECK(link.next_arrival() == nanoseconds{250});
  link.drop(ticket{4}, {150});  // waits
  link.drop(ticket{9}, {150});  // is not there
  CHECK(link.busy() == nanoseconds{250});
  CHECK(link.open() == 1);
  REQUIRE(link.arrived({1'000}).size() == 1);
  CHECK(link.arrived({1'000})[0].number == ticket{3});
  CHECK_FALSE(link.next_arrival());
}

TEST_CASE("a demand passes a travelling prefetch at its next border, and no sooner") {
  // overhead 10, a byte a nanosecond, borders every 20 bytes: at 30, 50, 70, 90 of a transfer that began at 0
  serial_link link(4, byte_a_nanosecond, {.demand_first = true, .chunk = {20}});
  link.submit(of(1, 90, cause::prefetch), {0});
  link.submit(of(2, 30), {35});
  CHECK(link.next_change() == nanoseconds{50});
  link.submit(of(3, 10), {36});  // finds the passing arranged, and comes behind
  CHECK(link.next_change() == nanoseconds{50});
  CHECK(link.arrived({89}).empty());
  REQUIRE(link.arrived({90}).size() == 1);  // 50 + 10 + 30
  CHECK(link.arrived({90})[0].number == ticket{2});
  CHECK(link.arrived({110}).size() == 2);                  // 90 + 10 + 10
  CHECK(link.next_arrival() == nanoseconds{110 + 10 + 50});  // 40 of 90 bytes had come; the overhead is paid again
  CHECK(link.arrived({170}).size() == 3);
  CHECK(link.busy() == nanoseconds{170});
  CHECK(link.moved() == bytes{130});
}

TEST_CASE("a border is a moment like any other: a demand that comes just then passes at once") {
  serial_link link(4, byte_a_nanosecond, {.demand_first = true, .chunk = {20}});
  link.submit(of(1, 90, cause::prefetch), {0});
  link.submit(of(2, 30), {50});
  CHECK(link.arrived({90}).size() == 1);
  CHECK(link.arrived({90})[0].number == ticket{2});
}

TEST_CASE("nobody passes a demand, the last piece, or a link without borders") {
  for (const link_order order : {link_order{true, {}}, link_order{false, {20}}}) {
    serial_link link(4, byte_a_nanosecond, order);
    link.submit(of(1, 90, cause::prefetch), {0});
    link.submit(of(2, 30), {35});
    CHECK(link.arrived({100})[0].number == ticket{1});
  }
  serial_link link(4, byte_a_nanosecond, {.demand_first = true, .chunk = {20}});
  link.submit(of(1, 90, cause::prefetch), {0});
  link.submit(of(2, 30), {91});  // the last border was at 90
  CHECK(link.arrived({100})[0].number == ticket{1});
  link.submit(of(3, 90), {200});
  link.submit(of(4, 30), {215});
  CHECK(link.arrived({300}).back().number == ticket{3});
}

TEST_CASE("what was passed waits, and can be cancelled again") {
  serial_link link(4, byte_a_nanosecond, {.demand_first = true, .chunk = {20}});
  link.submit(of(1, 90, cause::prefetch), {0});
  link.submit(of(2, 30), {35});
  CHECK_FALSE(link.cancel(ticket{1}, {49}));
  CHECK(link.cancel(ticket{1}, {60}));
  CHECK(link.arrived({1'000}).size() == 1);
  CHECK(link.busy() == nanoseconds{90});
}
