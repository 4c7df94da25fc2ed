// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <type_traits>

#include <moesaic/core/counters.hpp>

namespace {
using namespace moesaic;

static_assert(std::is_trivially_copyable_v<counters> && std::is_aggregate_v<counters>);
constexpr std::size_t fields = sizeof(counters) / sizeof(std::uint64_t);  // every counter is one 64-bit number
static_assert(sizeof(counters) % sizeof(std::uint64_t) == 0);
static_assert(fields == 16, "a new counter: does `since` know it? The tests below will say");

/// Counters whose i-th field is base + step × i.
counters filled(std::uint64_t base, std::uint64_t step) {
  std::uint64_t numbers[fields];
  for (std::size_t i = 0; i < fields; ++i) numbers[i] = base + step * i;
  counters c;
  std::memcpy(static_cast<void*>(&c), numbers, sizeof c);
  return c;
}

TEST_CASE("counters start at nothing") { CHECK(counters{} == filled(0, 0)); }

TEST_CASE("since forgets no field") {
  const counters now = filled(1'000, 17);
  CHECK(now.since(now) == counters{});
  CHECK(now.since(counters{}) == now);
  CHECK(filled(1'000, 17).since(filled(400, 3)) == filled(600, 14));
}

TEST_CASE("plus forgets no field") {
  CHECK(filled(400, 3).plus(filled(600, 14)) == filled(1'000, 17));
  CHECK(filled(400, 3).plus(counters{}) == filled(400, 3));
}

TEST_CASE("equality looks at every field") {
  for (std::size_t i = 0; i < fields; ++i) {
    std::uint64_t numbers[fields] = {};
    numbers[i] = 1;
    counters c;
    std::memcpy(static_cast<void*>(&c), numbers, sizeof c);
    CHECK(c != counters{});
    CHECK(c.since(counters{}) == c);
  }
}

}  // namespace
