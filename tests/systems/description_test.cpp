// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/systems/description.hpp>

TEST_CASE("a system that says nothing else fetches on demand and evicts the least recently used") {
  constexpr moesaic::systems::description plain{.name = "x", .help = "y"};
  CHECK(plain.eviction == "lru");
  CHECK(plain.placement == "fetch");
  CHECK(plain.speculation == "fixed(0)");
}
