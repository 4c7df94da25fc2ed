// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <moesaic/transport/link_chain.hpp>

using namespace moesaic;
using namespace moesaic::transports;

namespace {
transfer of(std::uint64_t number, std::uint64_t size, cause why = cause::demand) { return {ticket{number}, make_expert(0, 0), nullptr, bytes{size}, why, {}}; }
// A disk that takes 10 + n, and behind it a link that takes 5 + n / 2.
const std::array<chained_link, 2> disk_and_link{{{{{10}, {1e9}}, {}}, {{{5}, {2e9}}, {}}}};
}  // namespace

TEST_CASE("a transfer passes both links, and the next one follows on the first meanwhile") {
  link_chain chain(4, disk_and_link);
  chain.submit(of(1, 40), {0});
  chain.submit(of(2, 100), {0});
  CHECK(chain.next_change() == nanoseconds{50});
  CHECK(chain.arrived({74}).empty());
  CHECK(chain.arrived({75}).size() == 1);   // 10 + 40, 5 + 20
  CHECK(chain.arrived({214}).size() == 1);
  CHECK(chain.arrived({215}).size() == 2);  // 50 + 10 + 100, 5 + 50
  CHECK(chain.link(0).busy() == nanoseconds{160});
  CHECK(chain.link(1).busy() == nanoseconds{80});
  CHECK(chain.link(1).moved() == bytes{140});
  CHECK(chain.open() == 2);
  chain.forget_arrived(2);
  CHECK(chain.open() == 0);
  CHECK_FALSE(chain.next_change());
}

TEST_CASE("nobody has to look for the second link to start in time") {
  link_chain often(4, disk_and_link), once(4, disk_and_link);
  for (link_chain* c : {&often, &once})
    for (std::uint64_t n = 1; n <= 3; ++n) c->submit(of(n, 30 * n), {0});
  std::vector<std::int64_t> seen;
  for (std::int64_t t = 0; t <= 400; ++t)
    while (often.arrived({t}).size() > seen.size()) seen.push_back(t);
  CHECK(seen == std::vector<std::int64_t>{60, 145, 260});  // 40+20; 110+35; 210+50
  CHECK(once.arrived({259}).size() == 2);
  CHECK(once.arrived({260}).size() == 3);
}

TEST_CASE("what has not started on the first link can be cancelled, what is between the links cannot") {
  link_chain chain(4, disk_and_link);
  chain.submit(of(1, 40), {0});
  chain.submit(of(2, 40), {0});
  chain.submit(of(3, 40), {0});
  CHECK_FALSE(chain.cancel(ticket{1}, {60}));  // travels on the second
  CHECK_FALSE(chain.cancel(ticket{2}, {60}));
  CHECK(chain.cancel(ticket{3}, {60}));
  CHECK(chain.arrived({1'000}).size() == 2);
}

TEST_CASE("its cost is what many transfers in a row would pay") {
  const link_chain chain(4, disk_and_link);
  CHECK(chain.cost().overhead == nanoseconds{15});
  CHECK(chain.cost().rate == bytes_per_second{1e9});
  CHECK(chain.size() == 2);
}

TEST_CASE("reads in place use the first link") {
  link_chain chain(4, disk_and_link);
  chain.submit(of(1, 40), {0});
  chain.occupy({30}, {10});
  CHECK(chain.arrived({104}).empty());
  CHECK(chain.arrived({105}).size() == 1);
}
