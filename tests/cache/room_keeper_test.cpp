// SPDX-License-Identifier: MIT
#include <cstdint>
#include <memory>
#include <vector>

#include <moesaic/cache/room_keeper.hpp>

#include "residency_fixture.hpp"

using namespace residency_fixture;

namespace {

/// Names residents in ascending id, at most as often as it is told to.
struct stingy {
  using hears = events<>;
  std::shared_ptr<int> left = std::make_shared<int>(1000);
  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    if (*left == 0) return std::nullopt;
    --*left;
    for (const expert_id e : scene.candidates) return e;
    return std::nullopt;
  }
};
using stingy_bundle = bundle<one_group, admission::forced, stingy>;

struct made {
  model_shape shape;
  stingy_bundle policies{};
  policy_desk<stingy_bundle> desk{policies};
  room_keeper<stingy_bundle, extent_arena> keeper;
  explicit made(std::vector<std::uint64_t> sizes, std::uint64_t capacity) : shape(*model_shape::uniform(1, static_cast<std::uint32_t>(sizes.size()), 1, {1})) {
    std::vector<bytes> charges;
    for (const std::uint64_t s : sizes) charges.push_back({s});
    charges.resize(shape.space().size());
    const std::vector<std::uint16_t> groups(charges.size());
    REQUIRE(keeper.prepare(shape, {charges, groups, 1, {capacity}}, {}));
  }
  bool admit(std::uint32_t flat) {
    return keeper.admit(desk, flat, {}, residency_flag::resident, [](std::uint32_t) noexcept {});
  }
  [[nodiscard]] bool resident(std::uint32_t flat) const { return keeper.slots.has(flat, residency_flag::resident); }
};

}  // namespace

TEST_CASE("several leave for one, and only if it then fits") {
  made m({4, 4, 4, 8}, 12);
  for (const std::uint32_t small : {0U, 1U, 2U}) CHECK(m.admit(small));
  *m.policies.eviction.left = 1;  // one victim makes four bytes: not enough for eight
  CHECK_FALSE(m.admit(3));
  CHECK(m.keeper.slots.rooms().used() == bytes{12});
  for (const std::uint32_t small : {0U, 1U, 2U}) CHECK(m.resident(small));
  CHECK(m.keeper.count.evictions == 0);
  *m.policies.eviction.left = 1000;
  CHECK(m.admit(3));
  CHECK(m.keeper.count.evictions == 2);
  CHECK(m.resident(3));
  CHECK_FALSE(m.resident(0));
  CHECK_FALSE(m.resident(1));
  CHECK(m.resident(2));
  CHECK(m.keeper.slots.rooms().used() == bytes{12});
}

TEST_CASE("an expert larger than its group never gets room, and nobody leaves for it") {
  made m({4, 20}, 12);
  CHECK(m.admit(0));
  CHECK_FALSE(m.admit(1));
  CHECK(m.resident(0));
}

TEST_CASE("shrinking asks eviction first and does not depend on its consent") {
  made m({4, 4, 4}, 12);
  for (const std::uint32_t small : {0U, 1U, 2U}) CHECK(m.admit(small));
  *m.policies.eviction.left = 0;
  m.keeper.shrink(m.desk, {5});
  CHECK(m.keeper.slots.rooms().used() == bytes{4});
  CHECK(m.resident(2));  // the lower ids went
}
