// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <concepts>
#include <type_traits>
#include <vector>

#include <moesaic/core/expert.hpp>

namespace {
using namespace moesaic;

static_assert(sizeof(expert_id) == 8 && std::is_trivially_copyable_v<expert_id> && std::is_aggregate_v<expert_id>);
static_assert(std::regular<expert_id> && std::totally_ordered<expert_id> && std::is_nothrow_default_constructible_v<expert_id>);

// A layer is no expert, an expert no layer, a number neither.
static_assert(!std::is_convertible_v<layer_index, expert_index> && !std::is_convertible_v<expert_index, layer_index>);
static_assert(!std::is_convertible_v<int, expert_index> && !std::is_convertible_v<expert_index, int>);
static_assert(!std::is_convertible_v<representation_index, expert_index>);
static_assert(!std::is_invocable_v<decltype([](expert_index i) { return i; }), layer_index>);
template <class A, class B>
concept equates = requires(A a, B b) { a == b; };
static_assert(equates<layer_index, layer_index> && !equates<layer_index, expert_index>);

static_assert(number(layer_index{65'535}) == 65'535 && number(expert_index{0}) == 0);
static_assert(std::is_same_v<decltype(number(expert_index{})), std::uint32_t> && noexcept(number(expert_index{})));
static_assert(make_expert(3, 7) == expert_id{layer_index{3}, expert_index{7}, representation_index{0}});
static_assert(make_expert(0, 0) == expert_id{});

// The order of every tie: layer, then expert, then representation.
static_assert(make_expert(0, 65'535) < make_expert(1, 0));
static_assert(make_expert(2, 3) < make_expert(2, 4));
static_assert(make_expert(2, 3) < expert_id{layer_index{2}, expert_index{3}, representation_index{1}});
static_assert(expert_id{layer_index{2}, expert_index{3}, representation_index{9}} < make_expert(2, 4));

TEST_CASE("sorting ids sorts by layer, expert, representation") {
  std::vector<expert_id> all;
  for (std::uint16_t r = 0; r < 2; ++r)
    for (std::uint32_t e = 5; e-- > 0;)
      for (std::uint32_t l = 0; l < 3; ++l) all.push_back({make_expert(l, e).layer, make_expert(l, e).expert, representation_index{r}});
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(number(all[i].layer) == i / 10);
    CHECK(number(all[i].expert) == i / 2 % 5);
    CHECK(number(all[i].representation) == i % 2);
  }
}

}  // namespace
