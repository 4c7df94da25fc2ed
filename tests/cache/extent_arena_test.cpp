// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include <moesaic/cache/extent_arena.hpp>

using namespace moesaic;

TEST_CASE("rooms of random sizes never overlap, never leave their group's part, and everything comes back") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    const std::uint32_t experts = 40, groups = 3;
    std::vector<bytes> charges;
    std::vector<std::uint16_t> group_of;
    for (std::uint32_t f = 0; f < experts; ++f) {
      charges.push_back({1 + random() % 50});
      group_of.push_back(static_cast<std::uint16_t>(random() % groups));
    }
    const std::uint64_t capacity = random() % 1500;
    extent_arena rooms;
    REQUIRE(rooms.prepare({charges, group_of, groups, {capacity}}));
    std::map<std::uint32_t, room> placed;
    std::map<std::uint16_t, std::pair<std::uint64_t, std::uint64_t>> seen;  // the part each group was seen in
    std::uint64_t used = 0;
    for (int op = 0; op < 2000; ++op) {
      const auto flat = static_cast<std::uint32_t>(random() % experts);
      if (const auto found = placed.find(flat); found != placed.end()) {
        rooms.vacate(flat, found->second);
        if (random() % 3 == 0) {
          rooms.restore(flat, found->second);
        } else {
          used -= charges[flat].count;
          placed.erase(found);
        }
      } else if (const room r = rooms.place(flat); r != nowhere) {
        const std::uint64_t end = r.count + charges[flat].count;
        CHECK(end <= capacity);
        for (const auto& [other, at] : placed) CHECK((end <= at.count || r.count >= at.count + charges[other].count));
        placed[flat] = r;
        used += charges[flat].count;
        auto& part = seen.try_emplace(group_of[flat], r.count, end).first->second;
        part = {std::min(part.first, r.count), std::max(part.second, end)};
      }
      REQUIRE(rooms.used() == bytes{used});
    }
    std::uint64_t last = 0;
    for (const auto& [group, part] : seen) {
      CHECK(part.first >= last);
      last = part.second;
    }
    for (const auto& [flat, at] : placed) rooms.vacate(flat, at);
    CHECK(rooms.used() == bytes{0});
  }
}

TEST_CASE("room for everything when the capacity is everything, first fit by address") {
  const std::vector<bytes> charges{{4}, {3}, {5}, {0}};
  const std::vector<std::uint16_t> group_of{0, 0, 0, 0};
  extent_arena rooms;
  REQUIRE(rooms.prepare({charges, group_of, 1, {12}}));
  CHECK(rooms.place(0) == room{0});
  CHECK(rooms.place(1) == room{4});
  CHECK(rooms.place(2) == room{7});
  rooms.vacate(0, {0});
  rooms.vacate(2, {7});
  CHECK(rooms.place(1) == room{0});  // the lowest hole that fits, not the best
}

TEST_CASE("a lower limit") {
  const std::vector<bytes> charges{{4}, {4}};
  const std::vector<std::uint16_t> group_of{0, 0};
  extent_arena rooms;
  REQUIRE(rooms.prepare({charges, group_of, 1, {8}}));
  const room a = rooms.place(0);
  (void)rooms.place(1);
  rooms.limit({7});
  CHECK(rooms.over(0));
  rooms.vacate(0, a);
  CHECK_FALSE(rooms.over(0));
  CHECK(rooms.place(0) == nowhere);
}
