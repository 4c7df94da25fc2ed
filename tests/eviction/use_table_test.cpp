// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include <moesaic/eviction/use_table.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;

struct tally {
  std::int64_t uses = 0;
  tally& operator+=(tally more) {
    uses += more.uses;
    return *this;
  }
  [[nodiscard]] utility worth(std::uint64_t last) const { return {uses * 100 + static_cast<std::int64_t>(last)}; }
};

struct bench {
  conformance::policy_world w{*model_shape::uniform(1, 8, 1, {1}), std::vector<std::uint16_t>(8), 1};
  eviction::use_table<tally> table{w.all()};
};

TEST_CASE("use_table: keys follow uses, and survive eviction") {
  bench b;
  b.table.begin({1});
  b.table.use(3);
  b.table.admit(3, cause::demand);
  CHECK(b.table.key(3) == utility{101});
  b.table.begin({2});
  b.table.use(3);
  CHECK(b.table.key(3) == utility{302});
  b.table.evict(3);
  b.table.begin({1});
  b.table.admit(3, cause::demand);  // no use by this event: the key is the old one
  CHECK(b.table.key(3) == utility{302});
}

TEST_CASE("use_table: an absent expert answers the key of entering now") {
  bench b;
  b.table.begin({1});
  CHECK(b.table.key(5) == utility{101});  // as if this event used it
  b.table.use(5);
  CHECK(b.table.key(5) == utility{101});  // it did
  b.table.begin({1});
  CHECK(b.table.key(5) == utility{202});
}

TEST_CASE("use_table: a prefetch is a promise that use keeps and eviction takes back") {
  bench b;
  b.table.begin({1});
  b.table.use(2);
  b.table.begin({1});
  b.table.admit(2, cause::prefetch);
  CHECK(b.table.key(2) == utility{202});
  b.table.begin({1});
  CHECK(b.table.key(2) == utility{202});  // still a promise of the second event
  b.table.use(2);
  CHECK(b.table.key(2) == utility{203});
  b.table.evict(2);
  b.table.admit(2, cause::prefetch);  // used by this very event: nothing to promise
  CHECK(b.table.key(2) == utility{203});
  b.table.evict(2);
  b.table.admit(6, cause::prefetch);
  b.table.evict(6);
  b.table.admit(6, cause::demand);
  CHECK(b.table.key(6) == utility{0});
}

TEST_CASE("use_table: the least of the candidates, of equals the lower id, whatever their order") {
  bench b;
  const auto candidates = [&] { return b.w.candidates(0); };
  CHECK(b.table.least(candidates()) == no_victim);
  b.table.begin({1});
  for (const std::uint32_t f : {6U, 1U, 4U}) {
    b.w.give_room(f, residency_flag::resident);
    b.table.admit(f, cause::demand);
  }
  CHECK(b.table.least(candidates()) == 1U);
  b.table.use(1);
  CHECK(b.table.least(candidates()) == 4U);
  b.w.flags[4] |= residency_flag::leaving;
  CHECK(b.table.least(candidates()) == 6U);
}

}  // namespace
