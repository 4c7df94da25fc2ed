// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <moesaic/cuda/slot_map.hpp>

#include "support/stream_double.hpp"

using namespace moesaic;
using namespace moesaic_test;
using map_type = cuda::slot_map<stream_double>;

TEST_CASE("kernels see what was published before them, at an address that stays") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    splitmix dice{seed};
    stream_double api({.seed = seed, .eager = 300, .own_targets_only = true});
    const auto slab = api.device_allocate({4096}).value;
    const std::uint32_t indices = dice.between(1, 300);
    {
      const auto stream = api.make_stream(cuda::stream_priority::urgent).value;
      map_type map = std::move(*map_type::create(api, indices, {slab, 4096}, {dice.between(1, 5)}));
      const std::uint64_t* const table = map.table();
      CHECK(map.size() == indices);
      std::vector<std::uint64_t> expected(indices, cuda::absent_slot);
      std::uint64_t wrong = 0;
      for (int i = 0; i < 200; ++i) {
        for (std::uint32_t n = dice.below(dice.chance(100) ? indices + 1 : 4); n > 0; --n) {
          const std::uint32_t flat = dice.below(indices), offset = dice.below(4096);
          if (dice.chance(200)) {
            map.clear(flat);
            expected[flat] = cuda::absent_slot;
          } else {
            map.set(flat, slab + offset);
            expected[flat] = offset;
          }
          REQUIRE(map.at(flat) == expected[flat]);
        }
        REQUIRE(map.publish(stream));
        api.launch(stream, [&wrong, table, expected] {
          for (std::size_t e = 0; e < expected.size(); ++e) wrong += table[e] != expected[e];
        });
        if (dice.chance(200)) api.run(dice.below(30));
      }
      CHECK(map.table() == table);
      if (dice.chance(500)) api.run_all();
      map_type moved = std::move(map);
      moved.set(0, slab);
      REQUIRE(moved.publish(stream));
      api.run_all();
      CHECK(wrong == 0);
      CHECK(table[0] == 0);
    }
    CHECK(api.pinned_bytes() == 0);
    CHECK(api.misuses().empty());
  }
}

TEST_CASE("what lies outside of the slab has no seat") {
  stream_double api;
  std::vector<std::byte> slab(64);
  map_type map = std::move(*map_type::create(api, 4, slab));
  map.set(1, slab.data() + 63);
  CHECK(map.at(1) == 63);
  map.set(1, slab.data() + 64);
  CHECK(map.at(1) == cuda::absent_slot);
  map.set(1, slab.data());
  CHECK(map.at(1) == 0);
  map.set(4, slab.data());  // there is no such index
  CHECK(map.at(4) == cuda::absent_slot);
  map.set(1, nullptr);  // on the host
  CHECK(map.at(1) == cuda::absent_slot);
}

TEST_CASE("nothing changed: nothing is copied; near changes travel together, far ones in one batch") {
  stream_double api({.eager = 0});
  std::vector<std::byte> slab(64);
  map_type map = std::move(*map_type::create(api, 1000, slab));
  const auto stream = api.make_stream(cuda::stream_priority::urgent).value;
  const std::uint64_t calls = api.calls(), copied = api.copied();
  REQUIRE(map.publish(stream));
  map.clear(3);  // is absent already
  REQUIRE(map.publish(stream));
  CHECK(api.calls() == calls);
  map.set(3, slab.data());
  map.set(10, slab.data() + 1);
  map.set(3, slab.data() + 2);
  REQUIRE(map.publish(stream));
  CHECK(api.batches() == 0);
  api.run_all();
  CHECK(api.copied() - copied == 8 * 8);
  map.set(900, slab.data());
  map.set(4, slab.data());
  REQUIRE(map.publish(stream));
  CHECK(api.batches() == 1);
  api.run_all();
  CHECK(api.copied() - copied == 10 * 8);
}

TEST_CASE("a change that could not be published is published by the next call; any one call may fail") {
  for (const std::int32_t code : {stream_double::invalid, stream_double::lost}) {
    bool failed = true;
    std::uint64_t n = 0;
    for (; failed; ++n) {
      stream_double api({.seed = n, .eager = 400});
      std::vector<std::byte> slab(64);
      api.fail_call(n + 1, code);
      auto stream = cuda::owned_stream<stream_double>::make(api, cuda::stream_priority::urgent);
      auto made = map_type::create(api, 200, slab, {2});
      if (made && stream) {
        std::uint32_t refused = 0;
        for (std::uint32_t i = 0; i < 12; ++i) {
          made->set(i, slab.data() + i);
          made->set(100 + i, slab.data() + i + 20);
          refused += !made->publish(stream->get());
        }
        if (code != stream_double::lost) {
          CHECK(refused <= 1);
          made->set(0, slab.data() + 5);
          if (!made->publish(stream->get())) REQUIRE(made->publish(stream->get()));
          api.run_all();
          CHECK(made->table()[0] == 5);
          for (std::uint32_t i = 1; i < 12; ++i) {
            CHECK(made->table()[i] == i);
            CHECK(made->table()[100 + i] == i + 20);
          }
        } else if (api.has_failed()) {
          CHECK(refused > 0);
        }
      }
      failed = api.has_failed();
      CHECK(api.misuses().empty());
    }
    CHECK(n > 30);
  }
}

TEST_CASE("without experts or memory there is no map") {
  stream_double api;
  std::vector<std::byte> slab(64);
  CHECK(map_type::create(api, 0, slab).error().code() == error_code::bad_argument);
  CHECK(map_type::create(api, 4, {}).error().code() == error_code::bad_argument);
  for (std::uint64_t n = 1;; ++n) {
    stream_double small;
    small.fail_call(n, stream_double::no_memory);
    {
      const auto made = map_type::create(small, 4, slab, {2});
      if (made) break;
      CHECK(made.error().code() == error_code::out_of_memory);
    }
    CHECK(small.device_bytes() == 0);
    CHECK(small.pinned_bytes() == 0);
    CHECK(small.handles() == 0);
    CHECK(small.misuses().empty());
  }
}

TEST_CASE("a map is of one stream") {
  stream_double api;
  std::vector<std::byte> slab(64);
  map_type map = std::move(*map_type::create(api, 4, slab));
  const auto mine = api.make_stream(cuda::stream_priority::urgent).value, other = api.make_stream(cuda::stream_priority::urgent).value;
  map.set(1, slab.data());
  REQUIRE(map.publish(mine));
  map.set(2, slab.data());
  const auto refused = map.publish(other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == error_code::wrong_order);
  REQUIRE(map.publish(mine));
  api.run_all();
  CHECK(map.table()[2] == 0);
}
