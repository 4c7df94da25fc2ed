// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>

#include <moesaic/cache/lease_state.hpp>

using namespace moesaic;

TEST_CASE("queues are first in, first out, and start over when cleared") {
  entry_queue q(3);
  CHECK(q.empty());
  for (const std::uint32_t e : {2U, 0U, 1U}) q.push(e);
  CHECK(q.size() == 3);
  CHECK(q.front() == 2);
  CHECK(q.pop() == 2);
  CHECK(q.pop() == 0);
  CHECK(q.size() == 1);
  q.clear();
  CHECK(q.empty());
  q.push(7);
  CHECK(q.pop() == 7);
}

TEST_CASE("arrived frames come before residents, residents before host") {
  lease_state lease(4);
  const std::array<demand, 3> wanted{{{static_cast<expert_index>(0), 1, {}}, {static_cast<expert_index>(1), 1, {}}, {static_cast<expert_index>(2), 1, {}}}};
  layer_event event;
  event.wanted = wanted;
  lease.begin(event, 1);
  CHECK(lease.entries.size() == 3);
  CHECK(lease.ready() == nullptr);
  lease.on_host.push(0);
  CHECK(lease.ready() == &lease.on_host);
  lease.slots_ready.push(1);
  CHECK(lease.ready() == &lease.slots_ready);
  lease.frames_ready.push(2);
  CHECK(lease.ready() == &lease.frames_ready);
  lease.handed = 2;
  CHECK_FALSE(lease.all_handed_out());
  lease.reported = 1;
  CHECK(lease.all_handed_out());
  lease.begin(event, 2);
  CHECK(lease.ready() == nullptr);
  CHECK_FALSE(lease.all_handed_out());
}
