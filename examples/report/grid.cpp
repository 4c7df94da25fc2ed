// SPDX-License-Identifier: MIT
#include "grid.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>

namespace moesaic::report {

grid::grid(const comparison& of) {
  std::map<std::string, std::size_t> policy_at, room_at;
  for (const entry& e : of.entries) {
    if (policy_at.emplace(e.policy, policies.size()).second) policies.push_back(e.policy);
    if (room_at.emplace(e.capacity, rooms.size()).second) rooms.push_back({e.capacity, e.share});
  }
  std::stable_sort(rooms.begin(), rooms.end(), [](const column& a, const column& b) { return a.share < b.share; });
  for (std::size_t r = 0; r < rooms.size(); ++r) room_at[rooms[r].text] = r;
  cells_.resize(policies.size() * rooms.size());
  std::vector<double> missed(policies.size());
  for (const entry& e : of.entries) {
    const std::size_t p = policy_at[e.policy];
    cells_[p * rooms.size() + room_at[e.capacity]] = &e;
    missed[p] += e.accesses == 0 ? 0 : static_cast<double>(e.misses) / static_cast<double>(e.accesses);
  }
  std::vector<std::size_t> order(policies.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return missed[a] < missed[b]; });
  shown_first_.resize(policies.size());
  const std::size_t shown = rooms.size() == 1 ? order.size() : std::min(order.size(), shown_at_most);
  for (std::size_t i = 0; i < shown; ++i) shown_first_[order[i]] = true;
}

}  // namespace moesaic::report
