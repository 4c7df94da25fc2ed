// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/eviction/belady.hpp>
#include <moesaic/eviction/forecast.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/sim/play.hpp>
#include <moesaic/trace/windows.hpp>

#include "support/splitmix.hpp"

using namespace moesaic;

namespace {

/// Two sequences through two layers of ten experts, top-2; half of a token's experts are those of the token before.
trace::event_table made(std::uint64_t seed, std::uint32_t window = 1) {
  moesaic_test::splitmix dice{seed};
  trace::window_builder builder({2, 10, 2}, {.window = window, .keep_routes = true});
  std::vector<std::uint16_t> ids{0, 1, 2, 3};
  for (std::uint32_t t = 0; t < 200; ++t) {
    for (std::size_t at = 0; at < 4; at += 2) {
      ids[at] = ids[at + 1];
      do ids[at + 1] = static_cast<std::uint16_t>(dice.below(10));
      while (ids[at + 1] == ids[at]);
    }
    builder.add({.sequence = t / 100, .first_token = t, .tokens = 1, .experts = ids, .weights = {}, .recorded = {}});
  }
  return builder.finish();
}
const model_shape shape = *model_shape::uniform(2, 10, 2, {1});

template <class Eviction>
auto player_of(Eviction policy, std::uint64_t room = 4) {
  return sim::replay<Eviction, admission::forced>(sim::resident_set(shape, group_per_layer{}, sim::unit::experts, {room, room}), policy, {});
}

struct watcher {
  std::vector<std::size_t> steps{};
  std::uint64_t events = 0, accesses = 0, misses = 0;
  sim::replay<eviction::lru, admission::forced>* player = nullptr;
  bool step(std::size_t s) {
    steps.push_back(s);
    return s < 3;
  }
  void event(const layer_event& e, std::uint64_t first_access) {
    CHECK(first_access == accesses);
    ++events;
    accesses += e.wanted.size();
    misses += player->missed().size();
    for (const std::uint32_t flat : player->missed()) CHECK(shape.space().layer_of(flat) == number(e.layer));
  }
};

TEST_CASE("a watcher sees every step and event and may stop") {
  const trace::event_table table = made(6);
  auto player = player_of(eviction::lru{});
  watcher sees{.player = &player};
  sim::play(player, table, {}, sees);
  CHECK(sees.steps == std::vector<std::size_t>{0, 1, 2, 3});
  CHECK(sees.events == 6);
  CHECK(player.count().events == 6);
  CHECK(player.count().accesses == sees.accesses);
  CHECK(player.count().misses == sees.misses);
  CHECK(player.misses_of_layers()[0] + player.misses_of_layers()[1] == sees.misses);
}

TEST_CASE("a reset makes each sequence the first one") {
  const trace::event_table table = made(7);
  auto kept = player_of(eviction::lru{}), reset = player_of(eviction::lru{});
  sim::play(kept, table);
  sim::play(reset, table, {.reset = true});
  CHECK(reset.count().misses > kept.count().misses);
  CHECK(reset.count().misses <= kept.count().misses + 8);
}

/// Looking at all that comes is Belady, but for who comes no more: there the forecast falls back on use counts, and Belady on ids.
TEST_CASE("a true forecast of many tokens is worth about what the future is; a false one what memory is") {
  const trace::event_table table = made(8);
  const trace::future future(table, true);
  auto belady = player_of(eviction::belady{});
  auto lru = player_of(eviction::lru{});
  sim::play(belady, table, {.next_uses = &future});
  sim::play(lru, table);
  const auto misses_with = [&](double survival, std::uint32_t tokens) {
    sim::true_tokens told(table, {.tokens = tokens, .survival = survival});
    auto player = player_of(eviction::forecast{});
    sim::play(player, table, {.tokens = &told});
    return player.count().misses;
  };
  const std::uint64_t all = misses_with(1, 64), four = misses_with(1, 4), half = misses_with(0.5, 4), none = misses_with(0, 4);
  CHECK(all <= belady.count().misses * 102 / 100);
  CHECK(all >= belady.count().misses * 98 / 100);
  CHECK(all < four);
  CHECK(four < half);
  CHECK(half < none);
  CHECK(four < lru.count().misses);
  CHECK(misses_with(0.5, 4) == half);  // seeded
}

TEST_CASE("windows are told the tokens behind them") {
  const trace::event_table table = made(9, 3);
  sim::true_tokens told(table, {.tokens = 4});
  auto with = player_of(eviction::forecast{}, 6), without = player_of(eviction::forecast{}, 6);
  sim::play(with, table, {.tokens = &told});
  sim::play(without, table);
  CHECK(with.count().misses < without.count().misses);
}

}  // namespace
