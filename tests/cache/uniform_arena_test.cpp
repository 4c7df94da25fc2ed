// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include <moesaic/cache/uniform_arena.hpp>

using namespace moesaic;

namespace {
struct made {
  std::vector<bytes> charges;
  std::vector<std::uint16_t> groups;
  uniform_arena rooms;
  made(std::vector<std::uint64_t> sizes, std::vector<std::uint16_t> group_of, std::uint32_t count, std::uint64_t capacity) : groups(std::move(group_of)) {
    for (const std::uint64_t s : sizes) charges.push_back({s});
    REQUIRE(rooms.prepare({charges, groups, count, {capacity}}));
  }
};
}  // namespace

TEST_CASE("slots of a group are as large as its largest expert, and never overlap") {
  made m({3, 5, 4, 7, 7, 7}, {0, 0, 0, 1, 1, 1}, 2, 24);
  CHECK(m.rooms.charge(0) == bytes{5});
  CHECK(m.rooms.charge(3) == bytes{7});
  std::vector<std::pair<std::uint64_t, std::uint64_t>> taken;
  for (std::uint32_t flat = 0; flat < 6; ++flat) {
    const room r = m.rooms.place(flat);
    if (r == nowhere) continue;
    const std::uint64_t end = r.count + m.rooms.charge(flat).count;
    CHECK(end <= 24);
    for (const auto& [b, e] : taken) CHECK((end <= b || r.count >= e));
    taken.emplace_back(r.count, end);
  }
  CHECK(m.rooms.used().count <= 24);
  CHECK(taken.size() == m.rooms.holds(0) + m.rooms.holds(1));
}

TEST_CASE("rounding remainders are handed out: no capacity for another slot is left over") {
  for (std::uint64_t capacity = 0; capacity <= 300; ++capacity) {
    made m(std::vector<std::uint64_t>(30, 10), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}, 3, capacity);
    const std::uint32_t slots = m.rooms.holds(0) + m.rooms.holds(1) + m.rooms.holds(2);
    CHECK(slots == capacity / 10);
    CHECK(m.rooms.holds(0) - m.rooms.holds(2) <= 1);
  }
}

TEST_CASE("a group without experts, and a capacity that holds everything") {
  made m({4, 4}, {1, 1}, 2, 1000);
  CHECK(m.rooms.holds(0) == 0);
  CHECK(m.rooms.holds(1) == 2);
}

TEST_CASE("restore undoes vacate, and a limit lets nobody in until enough have left") {
  made m({1, 1, 1, 1}, {0, 0, 0, 0}, 1, 4);
  std::vector<room> at;
  for (std::uint32_t f = 0; f < 4; ++f) at.push_back(m.rooms.place(f));
  CHECK(m.rooms.place(0) == nowhere);
  m.rooms.vacate(2, at[2]);
  m.rooms.vacate(1, at[1]);
  m.rooms.restore(1, at[1]);
  m.rooms.restore(2, at[2]);
  CHECK(m.rooms.used() == bytes{4});
  m.rooms.limit({2});
  CHECK(m.rooms.over(0));
  m.rooms.vacate(0, at[0]);
  CHECK(m.rooms.over(0));
  CHECK(m.rooms.place(0) == nowhere);
  m.rooms.vacate(3, at[3]);
  CHECK_FALSE(m.rooms.over(0));
  CHECK(m.rooms.place(0) == nowhere);
  m.rooms.vacate(2, at[2]);
  CHECK(m.rooms.place(0) != nowhere);
  m.rooms.limit({400});  // never beyond what was prepared
  CHECK(m.rooms.holds(0) == 4);
}
