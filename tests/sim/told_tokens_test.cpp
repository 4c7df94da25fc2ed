// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/sim/told_tokens.hpp>

using namespace moesaic;
using namespace moesaic::sim;

TEST_CASE("a row says its token exactly, also where a float could not") {
  for (const std::uint32_t place : {0U, 1U, 65'535U, 65'536U, 16'777'217U, 2'147'483'647U})
    CHECK(told::token_in(told::row_of(place)) == static_cast<token_id>(place));
}

TEST_CASE("what the tape says is accepted, everything else is not, and the tape's token is chosen") {
  const auto row = told::row_of(42);
  CHECK(told_tokens{}.accepts(row, {42, 1, {}}));
  CHECK_FALSE(told_tokens{}.accepts(row, {41, 1, {}}));
  CHECK_FALSE(told_tokens{}.accepts(row, {told::wrong(42), 1, {}}));
  CHECK(told_tokens{}.choose(row) == 42);
  CHECK(told::wrong(0) < 0);
}

TEST_CASE("chance depends on what is asked about, not on what was asked before, and keeps its probability") {
  const fixed_chance chance{7};
  std::uint32_t held = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    CHECK(chance.holds(0.3, 2, i) == fixed_chance{7}.holds(0.3, 2, i));
    held += chance.holds(0.3, 2, i);
  }
  CHECK(held > 2'800);
  CHECK(held < 3'200);
  CHECK(chance.holds(1, 2, 5));
  CHECK_FALSE(chance.holds(0, 2, 5));
}

TEST_CASE("a stray row routes like an earlier token of its sequence") {
  const fixed_chance chance{7};
  CHECK(chance.stray(10, 10) == 10);
  for (std::uint32_t place = 11; place < 500; ++place) {
    CHECK(chance.stray(place, 10) < place);
    CHECK(chance.stray(place, 10) >= 10);
    CHECK(place - chance.stray(place, 10) <= 64);
  }
}
