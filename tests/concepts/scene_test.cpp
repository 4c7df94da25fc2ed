// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <limits>
#include <type_traits>
#include <vector>

#include <moesaic/concepts/scene.hpp>
#include <moesaic/concepts/utility_scorer.hpp>

#include "concepts/flat_scorer.hpp"
#include "support/splitmix.hpp"

namespace {
using namespace moesaic;

static_assert(std::forward_iterator<candidate_view::iterator> && std::sentinel_for<candidate_view::iterator, candidate_view::iterator>);
static_assert(std::is_trivially_copyable_v<candidate_view> && std::is_trivially_copyable_v<residency_view>);
static_assert(std::is_trivially_copyable_v<link_view> && std::is_aggregate_v<link_view>);
static_assert(noexcept(std::declval<const candidate_view&>().contains(expert_id{})) && noexcept(std::declval<const candidate_view&>().begin()));

// Every state is a bit of its own.
constexpr std::array all_flags{residency_flag::resident,         residency_flag::in_flight,       residency_flag::pinned_by_first,
                               residency_flag::pinned_by_second, residency_flag::unused_prefetch, residency_flag::leaving};
constexpr bool are_distinct_bits = [] {
  unsigned seen = 0;
  for (const unsigned flag : all_flags) {
    if (flag == 0 || (flag & (flag - 1)) != 0 || (seen & flag) != 0) return false;
    seen |= flag;
  }
  return true;
}();
static_assert(are_distinct_bits);

constexpr std::uint8_t both_pins = residency_flag::pinned_by_first | residency_flag::pinned_by_second;

TEST_CASE("a residency view tells the four states apart") {
  const auto shape = model_shape::uniform(2, 3, 1, {7});
  REQUIRE(shape);
  std::vector<std::uint8_t> flags(shape->space().size());
  const residency_view view(*shape, flags);
  const expert_id e = make_expert(1, 2);
  const auto when = [&](unsigned f) {
    flags[shape->space().flat(e)] = static_cast<std::uint8_t>(f);
    return view.of(e);
  };
  using namespace residency_flag;
  CHECK(when(0) == residency_state::absent);
  CHECK(view.absent(e));
  CHECK(when(unused_prefetch) == residency_state::absent);
  CHECK(when(pinned_by_first) == residency_state::absent);  // streamed through a frame: wanted, without room of its own
  CHECK(when(in_flight) == residency_state::in_flight);
  CHECK(when(unsigned{in_flight} | pinned_by_first) == residency_state::in_flight);
  CHECK_FALSE(view.absent(e));
  CHECK(when(resident) == residency_state::resident);
  CHECK(when(unsigned{resident} | unused_prefetch) == residency_state::resident);
  CHECK(when(unsigned{resident} | pinned_by_first) == residency_state::leased);
  CHECK(when(unsigned{resident} | pinned_by_second) == residency_state::leased);
  CHECK(when(unsigned{resident} | both_pins | leaving) == residency_state::leased);
  CHECK(view.of(make_expert(0, 0)) == residency_state::absent);
  CHECK(view.size_of(e) == bytes{7});
  CHECK(&view.shape() == &*shape);
}

TEST_CASE("a residency view of nothing knows nobody") {
  CHECK(residency_view{}.of(make_expert(3, 4)) == residency_state::absent);
  CHECK(residency_view{}.absent(make_expert(0, 0)));
}

TEST_CASE("candidates are the eligible members: iterated and asked for, they are the same") {
  moesaic_test::splitmix random{41};
  for (int round = 0; round < 3'000; ++round) {
    const std::uint32_t layers = random.between(1, 4), experts = random.between(1, 9), groups = random.between(1, 3);
    const expert_space space(layers, experts);
    std::vector<std::uint8_t> flags(space.size());
    std::vector<std::uint16_t> group_of(space.size());
    for (std::uint32_t f = 0; f < space.size(); ++f) {
      flags[f] = static_cast<std::uint8_t>(random.below(64));
      group_of[f] = static_cast<std::uint16_t>(random.below(groups));
    }
    const auto group = static_cast<std::uint16_t>(random.below(groups));
    std::uint8_t mask = residency_flag::resident;
    for (const std::uint8_t flag : all_flags)
      if (random.chance(400)) mask = static_cast<std::uint8_t>(mask | flag);
    std::vector<std::uint32_t> members;  // of the group, in no order
    std::vector<expert_id> expected;
    for (std::uint32_t f = 0; f < space.size(); ++f) {
      if (group_of[f] != group || (flags[f] & residency_flag::resident) == 0) continue;
      members.insert(members.begin() + random.below(static_cast<std::uint32_t>(members.size()) + 1), f);
      bool eligible = true;
      for (const std::uint8_t flag : all_flags)
        if (flag != residency_flag::resident && (mask & flag) != 0 && (flags[f] & flag) != 0) eligible = false;
      if (eligible) expected.push_back(space.id(f));
    }
    const candidate_view view(space, members, flags, mask, group_of, group);
    std::vector<expert_id> found(view.begin(), view.end());
    std::sort(found.begin(), found.end());
    REQUIRE(found == expected);
    REQUIRE(view.members().size() == members.size());
    for (std::uint32_t f = 0; f < space.size() + 3; ++f) {
      const bool is_one = f < space.size() && std::binary_search(expected.begin(), expected.end(), space.id(f));
      REQUIRE(view.contains(f) == is_one);
      if (f < space.size()) REQUIRE(view.contains(space.id(f)) == is_one);
    }
  }
}

TEST_CASE("without groups every resident counts") {
  const expert_space space(2, 2);
  std::vector<std::uint8_t> flags{1, 0, 1, 1 | residency_flag::pinned_by_first};
  const std::vector<std::uint32_t> members{3, 0, 2};
  const candidate_view view(space, members, flags, residency_flag::resident | both_pins);
  CHECK(std::distance(view.begin(), view.end()) == 2);
  CHECK(view.contains(make_expert(1, 0)));
  CHECK_FALSE(view.contains(make_expert(1, 1)));
  CHECK_FALSE(view.contains(make_expert(0, 1)));
}

TEST_CASE("a view without candidates ends where it begins") {
  const candidate_view nothing;
  CHECK(nothing.begin() == nothing.end());
  CHECK_FALSE(nothing.contains(make_expert(0, 0)));
  CHECK_FALSE(nothing.contains(0U));
  const expert_space space(1, 2);
  const std::vector<std::uint8_t> pinned(2, residency_flag::resident | residency_flag::pinned_by_second);
  const std::vector<std::uint32_t> members{0, 1};
  const candidate_view all_pinned(space, members, pinned, residency_flag::resident | both_pins);
  CHECK(all_pinned.begin() == all_pinned.end());
}

TEST_CASE("a view shows the flags of the moment, so that a named candidate can be taken out") {
  const expert_space space(1, 4);
  std::vector<std::uint8_t> flags(4, residency_flag::resident);
  const std::vector<std::uint32_t> members{2, 0, 3, 1};
  const candidate_view view(space, members, flags, residency_flag::resident | residency_flag::leaving);
  flags[3] |= residency_flag::leaving;
  flags[0] = 0;
  const std::vector<expert_id> found(view.begin(), view.end());
  CHECK(found == std::vector<expert_id>{make_expert(0, 2), make_expert(0, 1)});
}

TEST_CASE("both ways of stepping an iterator") {
  const expert_space space(1, 4);
  const std::vector<std::uint8_t> flags{1, 0, 1, 1};
  const std::vector<std::uint32_t> members{0, 1, 2, 3};
  const candidate_view view(space, members, flags, residency_flag::resident);
  auto at = view.begin();
  CHECK(*at++ == make_expert(0, 0));
  CHECK(*at == make_expert(0, 2));
  CHECK(*++at == make_expert(0, 3));
  CHECK(++at == view.end());
}

TEST_CASE("the link's estimate: overhead and size, or forever") {
  const link_view link{.overhead = microseconds(50), .rate = {1e9}};
  CHECK(link.time_for({0}) == microseconds(50));
  CHECK(link.time_for({1'000'000}) == microseconds(1050));
  CHECK(link_view{}.time_for({1}) == nanoseconds::highest());
  CHECK(link_view{.overhead = microseconds(50), .rate = {1e-9}}.time_for(bytes::highest()) == nanoseconds::highest());
}

TEST_CASE("a scene can be written with the two things it cannot do without") {
  const moesaic_test::flat_scorer scorer{{3}};
  const forecast nothing;
  const scene<moesaic_test::flat_scorer> now{.scores = scorer, .expectation = nothing};
  CHECK(now.scores.score({}) == utility{3});
  CHECK(now.threshold == utility::lowest());
  CHECK(now.residency.absent(make_expert(0, 0)));
}

}  // namespace
