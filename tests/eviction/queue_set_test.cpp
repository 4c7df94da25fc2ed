// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include <moesaic/eviction/queue_set.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using conformance::policy_world;
using eviction::queue_set;

std::vector<std::uint32_t> walked(const queue_set& set, std::uint32_t queue) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t at = set.hotter(set.end(queue)); at != set.end(queue); at = set.hotter(at)) order.push_back(at);
  std::vector<std::uint32_t> back;
  for (std::uint32_t at = set.colder(set.end(queue)); at != set.end(queue); at = set.colder(at)) back.push_back(at);
  std::reverse(back.begin(), back.end());
  CHECK(order == back);
  return order;
}

TEST_CASE("queue_set: agrees with deques whatever is done") {
  policy_world w(*model_shape::uniform(2, 16, 1, {1}), std::vector<std::uint16_t>(32), 2);
  queue_set set(w.all(), 2);
  std::array<std::deque<std::uint32_t>, 4> slow;
  const auto take = [&](std::uint32_t flat) {
    for (auto& q : slow) q.erase(std::remove(q.begin(), q.end(), flat), q.end());
  };
  moesaic_test::splitmix dice{3};
  for (int i = 0; i < 20'000; ++i) {
    const std::uint32_t flat = dice.below(32), queue = dice.below(4);
    switch (dice.below(4)) {
      case 0:
        set.append(flat, queue);
        take(flat);
        slow[queue].push_back(flat);
        break;
      case 1:
        set.remove(flat);
        take(flat);
        break;
      case 2: {
        if (slow[queue].empty() || slow[queue].front() == flat) break;
        const std::uint32_t behind = slow[queue].front();
        set.place_hotter(flat, behind, queue);
        take(flat);
        slow[queue].insert(slow[queue].begin() + 1, flat);
        break;
      }
      default:
        if (slow[queue].empty()) break;
        const std::uint32_t last = slow[queue][dice.below(static_cast<std::uint32_t>(slow[queue].size()))];
        set.turn(last, queue);
        while (slow[queue].back() != last) {
          slow[queue].push_back(slow[queue].front());
          slow[queue].pop_front();
        }
    }
    for (std::uint32_t q = 0; q < 4; ++q) {
      REQUIRE(walked(set, q) == std::vector<std::uint32_t>(slow[q].begin(), slow[q].end()));
      REQUIRE(set.size(q) == slow[q].size());
      for (const std::uint32_t f : slow[q]) REQUIRE(set.queue_of(f) == q);
    }
  }
}

TEST_CASE("queue_set: the coldest passes over those who may not leave") {
  policy_world w(*model_shape::uniform(1, 8, 1, {1}), std::vector<std::uint16_t>(8), 1);
  queue_set set(w.all(), 1);
  for (const std::uint32_t e : {5U, 2U, 7U}) {
    w.give_room(e, residency_flag::resident);
    set.append(e, 0);
  }
  CHECK(set.coldest(w.candidates(0), 0) == 5);
  w.flags[5] |= residency_flag::pinned_by_first;
  CHECK(set.coldest(w.candidates(0), 0) == 2);
  w.flags[2] |= residency_flag::leaving;
  w.flags[7] = residency_flag::in_flight;
  CHECK(set.coldest(w.candidates(0), 0) == queue_set::nowhere);
  CHECK_FALSE(queue_set::answer(w.candidates(0), queue_set::nowhere));
}

}  // namespace
