// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include <moesaic/cache/slot_table.hpp>
#include <moesaic/cache/uniform_arena.hpp>

using namespace moesaic;
using namespace moesaic::residency_flag;

namespace {
struct made {
  model_shape shape = *model_shape::uniform(2, 4, 2, {10});
  slot_table<uniform_arena> slots;
  made() {
    const std::vector<bytes> charges(8, bytes{10});
    const std::vector<std::uint16_t> groups{0, 0, 0, 0, 1, 1, 1, 1};
    REQUIRE(slots.prepare(shape, {charges, groups, 2, {80}}, {}));
  }
  std::vector<std::uint32_t> members(std::uint32_t group) const {
    const auto m = slots.candidates(group, resident).members();
    return {m.begin(), m.end()};
  }
};
}  // namespace

TEST_CASE("who is admitted stands in its group until struck, and keeps its room") {
  made m;
  for (const std::uint32_t flat : {1U, 2U, 3U, 5U}) m.slots.admit(flat, m.slots.place(flat), resident);
  CHECK(m.members(0) == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(m.members(1) == std::vector<std::uint32_t>{5});
  const room of_two = m.slots.room_of(2);
  m.slots.set_aside(1);
  CHECK(m.slots.has(1, leaving));
  m.slots.take_back(1);
  CHECK(m.slots.flags(1) == resident);
  m.slots.set_aside(1);
  m.slots.strike(1);
  m.slots.clear(1);
  CHECK(m.members(0) == std::vector<std::uint32_t>{3, 2});
  CHECK(m.slots.room_of(2) == of_two);
  m.slots.strike(3);
  CHECK(m.members(0) == std::vector<std::uint32_t>{2});
  CHECK(m.slots.view().of(make_expert(0, 1)) == residency_state::absent);
  CHECK(m.slots.view().of(make_expert(1, 1)) == residency_state::resident);
}

TEST_CASE("candidates are the eligible residents of one group") {
  made m;
  for (const std::uint32_t flat : {0U, 1U, 2U, 4U}) m.slots.admit(flat, m.slots.place(flat), resident);
  m.slots.raise(1, pinned_by_first);
  m.slots.lower(2, resident);
  m.slots.raise(2, in_flight);
  const auto view = m.slots.candidates(0, resident | in_flight | pinned_by_first | leaving);
  std::vector<expert_id> found(view.begin(), view.end());
  CHECK(found == std::vector<expert_id>{make_expert(0, 0)});
  CHECK(view.contains(make_expert(0, 0)));
  CHECK_FALSE(view.contains(make_expert(0, 1)));
  CHECK_FALSE(view.contains(make_expert(1, 0)));  // eligible, but of another group
}

TEST_CASE("room that has been left remembers the latest last use of its group") {
  made m;
  for (const std::uint32_t flat : {0U, 1U, 4U}) m.slots.admit(flat, m.slots.place(flat), resident);
  m.slots.set_last_use(0, {7});
  m.slots.set_last_use(0, {5});
  m.slots.set_last_use(4, {9});
  CHECK(m.slots.fence_of_vacated(1) == fence{0});
  m.slots.strike(0);
  CHECK(m.slots.fence_of_vacated(1) == fence{7});
  CHECK(m.slots.fence_of_vacated(4) == fence{0});
  m.slots.set_last_use(0, {8});  // left first, was used last: an heir's case
  m.slots.leave_behind(0);
  CHECK(m.slots.fence_of_vacated(1) == fence{8});
}
