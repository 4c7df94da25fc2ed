// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/cuda/pinned_ring.hpp>

#include "support/stream_double.hpp"

using namespace moesaic;
using namespace moesaic_test;
using ring = cuda::pinned_ring<stream_double>;

TEST_CASE("pieces follow each other, and room comes back in their order") {
  stream_double api;
  ring r = std::move(*ring::create(api, {100}, {16}));
  CHECK(r.capacity() == bytes{96});
  CHECK(api.pinned_bytes() == 96);
  const auto a = r.take({30}), b = r.take({32}), c = r.take({0});
  CHECK(a.size() == 30);
  CHECK(b.data() == a.data() + 32);
  CHECK(c.data() == b.data() + 32);
  CHECK(c.empty());
  CHECK(r.in_use() == bytes{80});
  CHECK(r.take({17}).data() == nullptr);
  CHECK(r.take({97}).data() == nullptr);
  r.give_back(b.data());
  CHECK(r.in_use() == bytes{80});  // an older one is out
  CHECK(r.take({17}).data() == nullptr);
  r.give_back(a.data());
  CHECK(r.in_use() == bytes{16});
  const auto d = r.take({20});  // not cut at the end: the last 16 bytes are skipped
  CHECK(d.data() == a.data());
  CHECK(r.in_use() == bytes{64});
  CHECK(r.take({33}).data() == nullptr);
  r.give_back(d.data());
  r.give_back(c.data());
  CHECK(r.in_use() == bytes{});
  CHECK(r.peak() == bytes{80});
  CHECK(r.take({96}).size() == 96);  // an empty ring begins anew
}

TEST_CASE("pieces that are out never overlap, never exceed the ring, and are aligned") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    splitmix dice{seed};
    stream_double api;
    const std::uint64_t alignment = std::uint64_t{1} << dice.below(7);
    const std::uint64_t size = dice.between(64, 1000);
    ring r = std::move(*ring::create(api, {size}, {alignment}, dice.between(1, 9)));
    std::vector<std::span<std::byte>> out;
    std::uint64_t taken = 0;
    for (int i = 0; i < 2000; ++i) {
      if (dice.chance(500)) {
        const auto piece = r.take({dice.between(1, dice.chance(200) ? static_cast<std::uint32_t>(size) : 100)});
        if (piece.data() == nullptr) continue;
        ++taken;
        REQUIRE(reinterpret_cast<std::uintptr_t>(piece.data()) % alignment == 0);
        for (const auto& o : out) REQUIRE((piece.data() + piece.size() <= o.data() || o.data() + o.size() <= piece.data()));
        out.push_back(piece);
      } else if (!out.empty()) {
        const auto which = out.begin() + dice.below(static_cast<std::uint32_t>(out.size()));
        r.give_back(which->data());
        out.erase(which);
      }
      std::uint64_t sum = 0;
      for (const auto& o : out) sum += o.size();
      REQUIRE(sum <= r.in_use().count);
      REQUIRE(r.in_use() <= r.capacity());
      REQUIRE((!out.empty() || r.in_use() == bytes{}));
    }
    CHECK(taken > 100);
  }
}

TEST_CASE("a ring moves, and gives its memory back once") {
  stream_double api;
  {
    ring first = std::move(*ring::create(api, {64}, {64}));
    const auto piece = first.take({10});
    ring second = std::move(first);
    ring third = std::move(*ring::create(api, {256}));
    third = std::move(second);
    CHECK(api.pinned_bytes() == 64);
    third.give_back(piece.data());
    CHECK(third.in_use() == bytes{});
  }
  CHECK(api.pinned_bytes() == 0);
  CHECK(api.misuses().empty());
}

TEST_CASE("what cannot be is said") {
  stream_double api({.pinned = {100}});
  CHECK(ring::create(api, {0}).error().code() == error_code::bad_argument);
  CHECK(ring::create(api, {64}, {24}).error().code() == error_code::bad_argument);
  CHECK(ring::create(api, {64}, {8192}).error().code() == error_code::bad_argument);
  CHECK(ring::create(api, {64}, {128}).error().code() == error_code::bad_argument);
  CHECK(ring::create(api, {64}, {16}, 0).error().code() == error_code::bad_argument);
  const auto refused = ring::create(api, {101}, {1});
  CHECK(refused.error().code() == error_code::out_of_memory);
  CHECK(refused.error().sentence().find("101 bytes of pinned memory") != std::string_view::npos);
}
