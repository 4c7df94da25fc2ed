// SPDX-License-Identifier: MIT
#include <array>

#include <doctest/doctest.h>

#include <moesaic/transport/content.hpp>

using namespace moesaic;
using namespace moesaic::transports;

TEST_CASE("the pattern tells experts and places apart") {
  std::array<std::byte, 67> room{};
  pattern_content{}({ticket{1}, make_expert(3, 9), room.data(), bytes{room.size()}, cause::demand, {}});
  CHECK(holds_pattern(make_expert(3, 9), room));
  CHECK_FALSE(holds_pattern(make_expert(9, 3), room));
  CHECK_FALSE(holds_pattern(make_expert(3, 8), room));
  for (std::size_t i = 0; i < room.size(); ++i) {
    room[i] ^= std::byte{1};
    CHECK_FALSE(holds_pattern(make_expert(3, 9), room));
    room[i] ^= std::byte{1};
  }
  CHECK_FALSE(holds_pattern(make_expert(3, 9), std::span(room).subspan(8)));  // the right bytes, in the wrong place
}

TEST_CASE("content without a room writes nothing, and without a wish either") {
  pattern_content{}({ticket{1}, make_expert(0, 0), nullptr, bytes{1'000}, cause::demand, {}});
  std::byte one{7};
  no_content{}({ticket{1}, make_expert(0, 0), &one, bytes{1}, cause::demand, {}});
  CHECK(one == std::byte{7});
}
