// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <type_traits>

#include <moesaic/core/event.hpp>

namespace {
using namespace moesaic;

// Events are views, passed by reference a million times a second: nothing in them may own anything.
static_assert(std::is_trivially_copyable_v<layer_event> && std::is_aggregate_v<layer_event>);
static_assert(std::is_trivially_copyable_v<demand> && sizeof(demand) == 12);
static_assert(std::is_trivially_copyable_v<hint> && std::is_aggregate_v<hint>);
static_assert(std::is_trivially_destructible_v<layer_event> && std::is_nothrow_default_constructible_v<layer_event>);

// The fields are units, so none can stand in another's place.
static_assert(std::is_same_v<decltype(layer_event::step), step_index>);
static_assert(std::is_same_v<decltype(layer_event::first_token), token_index>);
static_assert(std::is_same_v<decltype(layer_event::layer), layer_index>);
static_assert(std::is_same_v<decltype(demand::expert), expert_index> && std::is_same_v<decltype(demand::mass), gate_mass>);
static_assert(!std::is_convertible_v<phase, provenance> && !std::is_convertible_v<int, phase>);
static_assert(sizeof(phase) == 1 && sizeof(provenance) == 1);

TEST_CASE("an event says what it does not say otherwise: one decoded token") {
  const layer_event event{};
  CHECK(event.during == phase::decode);
  CHECK(event.tokens == 1);
  CHECK(event.wanted.empty());
  CHECK(event.routes.empty());
  const hint early{};
  CHECK(early.from == provenance::history);
  CHECK(early.at == draft_length{0});
}

TEST_CASE("an event refers to the caller's arrays and copies none of them") {
  std::array<demand, 2> wanted{demand{expert_index{1}, 1, {}}, demand{expert_index{4}, 2, {}}};
  const layer_event event{.step = {7}, .first_token = {30}, .layer = layer_index{2}, .during = phase::verify, .tokens = 3, .wanted = wanted, .routes = {}};
  const layer_event copy = event;
  wanted[1].tokens = 9;
  CHECK(copy.wanted[1].tokens == 9);
  CHECK(copy.wanted.data() == wanted.data());
}

}  // namespace
