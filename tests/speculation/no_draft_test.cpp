// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>

#include <moesaic/speculation/no_draft.hpp>

TEST_CASE("no_draft: hears everything, offers nothing") {
  moesaic::speculation::no_draft draft;
  const std::array<moesaic::token_id, 3> tokens{5, 17, 42};
  for (int step = 0; step < 3; ++step) {
    CHECK(static_cast<bool>(draft.committed(tokens)));
    const auto next = draft.next();
    REQUIRE(static_cast<bool>(next));
    CHECK_FALSE(next->has_value());
    CHECK(draft.hints().empty());
  }
}
