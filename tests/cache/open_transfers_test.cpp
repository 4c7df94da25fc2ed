// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/cache/open_transfers.hpp>

using namespace moesaic;

TEST_CASE("transfers are found by number and by slot, and closed once") {
  open_transfers open(3);
  CHECK(open.empty());
  open.add({{1}, 10, cause::demand, residence::frame, 0, 0, 4, {}});
  open.add({{2}, 10, cause::prefetch, residence::slot, 0, open_transfer::nobody, 0, {7}});
  open.add({{3}, 11, cause::demand, residence::slot, 0, 1, 2, {}});
  CHECK(open.full());
  CHECK(open.prefetches() == 1);
  CHECK(open.find_slot(10)->number == ticket{2});  // the frame's transfer of the same expert is another one
  CHECK(open.find({3})->flat == 11);
  CHECK(open.find({9}) == nullptr);
  const auto closed = open.close({2});
  REQUIRE(closed);
  CHECK(closed->worth == utility{7});
  CHECK_FALSE(open.close({2}));
  CHECK(open.prefetches() == 0);
  CHECK(open.count() == 2);
  CHECK(open.find({3})->entry == 2);
  CHECK(open.find_slot(10) == nullptr);
}
