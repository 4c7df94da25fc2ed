// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include <moesaic/speculation/loss_ledger.hpp>

#include "support/splitmix.hpp"

namespace {
using moesaic::speculation::loss_ledger;

TEST_CASE("ledger: opens at half its allowance, by hand") {
  loss_ledger l;
  CHECK_FALSE(l.solvent());
  l.observe(100, 100, 10, 2, 24);
  CHECK(l.balance() == doctest::Approx(24.0 / 2 * 10 + 2));
  CHECK(l.affords(121));
  CHECK_FALSE(l.affords(122));
  l.observe(200, 10, 10, 2, 24);
  CHECK_FALSE(l.solvent());
}

TEST_CASE("ledger: who spends only while it is solvent loses no more than the bound, over every stretch") {
  constexpr double plain = 1'000, percent = 2, allowance = 24;
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    moesaic_test::splitmix dice{seed};
    loss_ledger l;
    l.observe(plain, plain, plain, percent, allowance);
    double worst_window = 0;
    double room = 0;  // how far the account of the worst stretch that ends here is below what its time allows
    double worst = 0;
    for (std::uint32_t step = 0; step < 5'000; ++step) {
      double took = plain, worth = plain;
      if (l.solvent()) {
        took = plain * dice.between(1, 8);
        worth = plain * dice.between(1, dice.chance(500) ? 2 : 9);
        worst_window = std::max(worst_window, took - worth);
      }
      l.observe(took, worth, plain, percent, allowance);
      room = std::max(room, 0.0) + (took - worth) - took * percent / 100;
      worst = std::max(worst, room);
    }
    CHECK(worst > plain);  // it did lose now and then
    CHECK(worst <= allowance * plain + worst_window);
  }
}

}  // namespace
