// SPDX-License-Identifier: MIT
#include "same_as_its_text.hpp"

#include <moesaic/systems/llama_cpp_like.hpp>

TEST_CASE("llama_cpp_like is what its description says: the room is filled once, from the last layer on, and nothing moves") {
  const auto run = systems_test::same_as_its_text<moesaic::systems::llama_cpp_like>();
  const moesaic::counters& c = run.one_by_one.count;
  CHECK(c.evictions == 0);
  CHECK(c.bytes_demanded == moesaic::bytes{});
  CHECK(c.host == c.misses + c.prefetch_late);
  CHECK(c.prefetches >= 24);  // the room that the test gives, and once more what was withdrawn
  CHECK(c.hits > c.accesses / 4);  // six of sixteen experts in four layers
}
