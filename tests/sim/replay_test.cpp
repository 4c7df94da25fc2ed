// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/admission/optional.hpp>
#include <moesaic/admission/staging_only.hpp>
#include <moesaic/eviction/belady.hpp>
#include <moesaic/eviction/fifo.hpp>
#include <moesaic/eviction/lfu.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/eviction/lru_by_rank.hpp>
#include <moesaic/eviction/random.hpp>
#include <moesaic/sim/play.hpp>
#include <moesaic/trace/next_use.hpp>
#include <moesaic/trace/windows.hpp>

#include "obvious_replay.hpp"
#include "support/splitmix.hpp"

using namespace moesaic;
using obvious::key_kind;

namespace {

/// Random routing with habits: each token keeps some of the experts of the one before, so that caches have something to do.
obvious::routing random_routing(moesaic_test::splitmix& dice, std::uint32_t layers, std::uint32_t experts, std::uint32_t top_k, std::uint32_t sequences,
                                std::uint32_t tokens) {
  obvious::routing r{layers, experts, {}};
  std::vector<std::vector<std::uint32_t>> row(layers);
  for (std::uint32_t s = 0; s < sequences; ++s) {
    r.sequences.emplace_back();
    for (std::uint32_t t = dice.between(1, 2 * tokens); t-- > 0;) {
      for (auto& ids : row) {
        std::vector<std::uint32_t> next;
        for (const std::uint32_t e : ids)
          if (dice.chance(600)) next.push_back(e);
        while (next.size() < top_k) {
          const std::uint32_t e = std::min(dice.below(experts), dice.below(experts));
          if (std::find(next.begin(), next.end(), e) == next.end()) next.insert(next.begin() + dice.below(static_cast<std::uint32_t>(next.size()) + 1), e);
        }
        ids = next;
      }
      r.sequences.back().push_back(row);
      for (auto& ids : r.sequences.back().back())
        if (dice.chance(30)) ids.clear();  // not routed
    }
  }
  return r;
}

/// One sequence, the same ids in every layer.
obvious::routing same_in(std::uint32_t layers, std::uint32_t experts, const std::vector<std::vector<std::uint32_t>>& tokens) {
  obvious::routing r{layers, experts, {}};
  r.sequences.emplace_back();
  for (const std::vector<std::uint32_t>& ids : tokens) r.sequences.back().emplace_back(layers, ids);
  return r;
}

trace::event_table table_of(const obvious::routing& r, std::uint32_t top_k, std::uint32_t window) {
  trace::window_builder builder({r.layers, r.experts, top_k}, {.window = window, .keep_routes = true});
  std::uint64_t token = 0;
  for (std::uint32_t s = 0; s < r.sequences.size(); ++s)
    for (const auto& row : r.sequences[s]) {
      std::vector<std::uint16_t> ids(std::size_t{r.layers} * top_k, trace::not_routed);
      for (std::size_t l = 0; l < r.layers; ++l)
        for (std::size_t k = 0; k < row[l].size(); ++k) ids[l * top_k + k] = static_cast<std::uint16_t>(row[l][k]);
      builder.add({.sequence = s, .first_token = token++, .tokens = 1, .experts = ids, .weights = {}, .recorded = {}});
    }
  return builder.finish();
}

struct world {
  obvious::routing routing;
  model_shape shape;
  std::uint32_t top_k;
};

/// Holds a replay against the obvious one after every event: who is resident, and all counts. Returns the number of events.
template <class Eviction, class Admission>
std::uint64_t agrees(const world& w, const obvious::setting& how, sim::unit counted, Eviction eviction, Admission admission) {
  obvious::replay expected(w.routing, how);
  const trace::event_table table = table_of(w.routing, w.top_k, how.window);
  const std::vector<std::uint32_t> next = trace::next_uses(table, how.reset);
  std::vector<std::uint64_t> room;
  for (const auto& [pool, capacity] : how.capacity) room.push_back(capacity);
  const sim::resident_set empty =
      how.one_pool ? sim::resident_set(w.shape, one_group{}, counted, room) : sim::resident_set(w.shape, group_per_layer{}, counted, room);
  sim::replay<Eviction, Admission> player(empty, eviction, admission);
  trace::event_walk walk(table);
  std::size_t at = 0;
  std::uint64_t wrong = 0;
  REQUIRE(expected.events().size() == table.events());
  for (std::size_t s = 0; s < table.steps.size(); ++s) {
    if (how.reset && s > 0 && table.steps[s].sequence != table.steps[s - 1].sequence) player.forget();
    walk.step(s, [&](const layer_event& event, std::uint64_t first_access) {
      expected.hear(expected.events()[at++]);
      player.hear(event, std::span(next).subspan(static_cast<std::size_t>(first_access), event.wanted.size()));
      std::set<obvious::id> residents;
      for (std::uint32_t l = 0; l < w.shape.layers(); ++l)
        for (std::uint32_t e = 0; e < w.shape.experts(static_cast<layer_index>(l)); ++e)
          if (player.residents().contains(w.shape.space().flat(make_expert(l, e)))) residents.insert({l, e});
      wrong += residents != expected.residents();
    });
  }
  const counters& c = player.count();
  const obvious::counts& o = expected.count();
  CHECK(wrong == 0);
  CHECK(c.events == o.events);
  CHECK(c.accesses == o.accesses);
  CHECK(c.hits == o.hits);
  CHECK(c.misses == o.misses);
  CHECK(c.evictions == o.evictions);
  CHECK(c.bypasses == o.bypasses);
  if (counted == sim::unit::bytes) CHECK(c.bytes_demanded.count == o.bytes_missed);
  CHECK(table.compulsory == o.compulsory);
  return at;
}

template <class Admission>
std::uint64_t agrees_under(const world& w, obvious::setting how, sim::unit counted, Admission admission) {
  std::uint64_t events = 0;
  const auto with = [&](key_kind key, auto eviction) {
    how.key = key;
    events += agrees(w, how, counted, eviction, admission);
  };
  with(key_kind::lru, eviction::lru{});
  with(key_kind::lru_by_rank, eviction::lru_by_rank{});
  with(key_kind::fifo, eviction::fifo{});
  with(key_kind::lfu, eviction::lfu{});
  with(key_kind::lrfu, eviction::lrfu{.half_life = how.half_life});
  with(key_kind::belady, eviction::belady{});
  return events;
}

TEST_CASE("replay is what its rules say, for every policy, admission, scope, window, unit and reset") {
  moesaic_test::splitmix dice{2024};
  std::uint64_t events = 0;
  for (int round = 0; round < 12; ++round) {
    const std::uint32_t layers = dice.between(1, 3), experts = dice.between(5, 13), top_k = dice.between(1, 3);
    world w{random_routing(dice, layers, experts, top_k, dice.between(1, 3), 22), *model_shape::uniform(layers, experts, top_k, {1}), top_k};
    for (const bool one_pool : {false, true})
      for (const sim::unit counted : {sim::unit::experts, sim::unit::bytes}) {
        obvious::setting how{.half_life = dice.between(4, 40), .one_pool = one_pool};
        std::map<std::uint32_t, std::uint64_t> whole;
        for (std::uint32_t l = 0; l < layers; ++l)
          for (std::uint32_t e = 0; e < experts; ++e) {
            const std::uint64_t size = counted == sim::unit::bytes ? dice.between(3, 9) : 1;
            w.shape.resize(make_expert(l, e), {size});
            how.size[{l, e}] = size;
            whole[one_pool ? 0 : l] += size;
          }
        const std::uint32_t percent = dice.between(8, 95);
        for (const auto& [pool, all] : whole) how.capacity[pool] = std::max<std::uint64_t>(counted == sim::unit::experts ? 1 : 0, all * percent / 100);
        const auto pools = one_pool ? sim::capacity::parse(std::to_string(percent) + "%")->pools(w.shape, one_group{}, counted)
                                    : sim::capacity::parse(std::to_string(percent) + "%")->pools(w.shape, group_per_layer{}, counted);
        REQUIRE(pools);
        for (std::uint32_t g = 0; g < pools->size(); ++g) CHECK((*pools)[g] == how.capacity[g]);
        for (const std::uint32_t window : {1U, 3U})
          for (const bool reset : {false, true}) {
            how.window = window;
            how.reset = reset;
            how.keep_the_best = false;
            events += agrees_under(w, how, counted, admission::forced{});
            how.keep_the_best = true;
            events += agrees_under(w, how, counted, admission::optional{});
          }
      }
  }
  CHECK(events > 100'000);
}

template <class Eviction, class Admission>
counters counts_of(const trace::event_table& table, const model_shape& shape, std::uint64_t room, Eviction eviction, Admission admission) {
  const trace::future next(table);
  sim::replay<Eviction, Admission> player(sim::resident_set(shape, group_per_layer{}, sim::unit::experts, std::vector<std::uint64_t>(shape.layers(), room)),
                                          eviction, admission);
  sim::play(player, table, {.next_uses = &next});
  return player.count();
}

TEST_CASE("the public conformance trace: 30 accesses, 12 hits, 18 misses") {
  const obvious::routing r = same_in(3, 4, {{0, 1}, {0, 2}, {0, 1}, {0, 3}, {0, 1}});
  const counters c = counts_of(table_of(r, 2, 1), *model_shape::uniform(3, 4, 2, {1}), 2, eviction::lru{}, admission::forced{});
  CHECK(c.accesses == 30);
  CHECK(c.hits == 12);
  CHECK(c.misses == 18);
  CHECK(c.events == 15);
}

TEST_CASE("by hand: an event larger than the pool, forced and optional") {
  const obvious::routing r = same_in(1, 5, {{0, 1, 2}, {1, 2, 3}, {0, 1, 2}});
  const trace::event_table table = table_of(r, 3, 1);
  const model_shape shape = *model_shape::uniform(1, 5, 3, {1});
  // Forced, room for 2: 0 and 1 enter, 2 bypasses; 1 hits, 2 takes 0's place, 3 bypasses; 1 and 2 hit, 0 bypasses.
  const counters forced = counts_of(table, shape, 2, eviction::lru{}, admission::forced{});
  CHECK(forced.hits == 3);
  CHECK(forced.bypasses == 3);
  CHECK(forced.evictions == 1);
  // Optional: the best two of {0,1,2} with equal keys are 1 and 2; then 2 and 3 of {1,2,3}; then 1 and 2, 3 being older.
  const counters best = counts_of(table, shape, 2, eviction::lru{}, admission::optional{});
  CHECK(best.hits == 3);
  CHECK(best.misses == 6);
  CHECK(best.evictions == 2);  // 1 by 3, 3 by 0
  CHECK(best.bypasses == 2);  // 0, twice
}

TEST_CASE("staging only keeps nothing; random keeps the pool full and counts add up") {
  moesaic_test::splitmix dice{5};
  const obvious::routing r = random_routing(dice, 2, 10, 2, 3, 200);
  const trace::event_table table = table_of(r, 2, 1);
  const model_shape shape = *model_shape::uniform(2, 10, 2, {1});
  const counters nothing = counts_of(table, shape, 4, eviction::lru{}, admission::staging_only{});
  CHECK(nothing.hits == 0);
  CHECK(nothing.bypasses == nothing.misses);
  const counters any = counts_of(table, shape, 4, eviction::random{.seed = 1}, admission::forced{});
  CHECK(any.accesses == any.hits + any.misses);
  CHECK(any.misses == any.evictions + any.bypasses + 8);  // two pools of four are full at the end
  CHECK(any.hits > 0);
  CHECK(any == counts_of(table, shape, 4, eviction::random{.seed = 1}, admission::forced{}));
  CHECK_FALSE(any == counts_of(table, shape, 4, eviction::random{.seed = 2}, admission::forced{}));
  CHECK(any.hits < counts_of(table, shape, 4, eviction::belady{}, admission::forced{}).hits);
}

TEST_CASE("who forgets starts anew: the same events bring the same counts again") {
  moesaic_test::splitmix dice{12};
  const trace::event_table table = table_of(random_routing(dice, 2, 10, 2, 1, 200), 2, 1);
  const model_shape shape = *model_shape::uniform(2, 10, 2, {1});
  const auto twice = [&](auto policy) {
    sim::replay<decltype(policy), admission::forced> player(sim::resident_set(shape, one_group{}, sim::unit::experts, {7}), policy, {});
    sim::play(player, table);
    const counters once = player.count();
    player.forget();
    CHECK(player.residents().members(0).empty());
    sim::play(player, table);
    CHECK(player.count().since(once) == once);
    CHECK(once.evictions > 0);
  };
  twice(eviction::random{.seed = 3});  // draws by the number of events heard
  twice(eviction::lru{});
  twice(eviction::lrfu{.half_life = 4});
}

/// Writes down what a policy is told and asked, in order.
struct diary {
  using hears = events<inventory, layer_event, admitted, evicted, lease_ended, step_outcome>;
  std::vector<std::string>* lines = nullptr;
  void on(const inventory&) { lines->push_back("inventory"); }
  void on(const layer_event& e) noexcept { lines->push_back("event " + std::to_string(number(e.layer))); }
  void on(const admitted& a) noexcept { lines->push_back("admitted " + std::to_string(number(a.expert.expert))); }
  void on(const evicted& e) noexcept { lines->push_back("evicted " + std::to_string(number(e.expert.expert))); }
  void on(const lease_ended&) noexcept { lines->push_back("ended"); }
  void on(const step_outcome& o) noexcept { lines->push_back("step of " + std::to_string(o.committed.count)); }
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& s) noexcept {
    lines->push_back("victim for " + std::to_string(number(s.newcomer.expert)));
    CHECK(s.residency.of(s.newcomer) == residency_state::absent);
    std::optional<expert_id> lowest;
    for (const expert_id e : s.candidates)
      if (!lowest || e < *lowest) lowest = e;
    return lowest;
  }
};
/// Admits all but one expert.
struct picky {
  using hears = events<>;
  std::vector<std::string>* lines = nullptr;
  std::uint32_t unwanted = 99;
  [[nodiscard]] bool displaces_own_event() const noexcept { return false; }
  template <utility_scorer S>
  verdict admit(const admission_scene<S>& s) noexcept {
    lines->push_back("admit " + std::to_string(number(s.newcomer.expert)) + (s.displaces ? " for " + std::to_string(number(s.displaces->expert)) : ""));
    return number(s.newcomer.expert) == unwanted ? verdict::bypass : verdict::keep;
  }
};

TEST_CASE("policies are told and asked in the order of the residency core") {
  const obvious::routing r = same_in(1, 6, {{0, 1}, {1, 3}, {4, 2}});
  std::vector<std::string> lines;
  const model_shape shape = *model_shape::uniform(1, 6, 2, {1});
  sim::replay<diary, picky> player(sim::resident_set(shape, one_group{}, sim::unit::experts, {2}), diary{&lines}, picky{&lines, 2});
  CHECK(lines == std::vector<std::string>{"inventory"});
  lines.clear();
  sim::play(player, table_of(r, 2, 1));
  CHECK(lines == std::vector<std::string>{"event 0",    "admit 0",      "admitted 0",    "admit 1",      "admitted 1",    "ended",     "step of 1",  //
                                          "event 0",    "victim for 3", "admit 3 for 0", "evicted 0",    "admitted 3",    "ended",     "step of 1",  //
                                          "event 0",    "victim for 2", "admit 2 for 1", "victim for 4", "admit 4 for 1", "evicted 1",  //
                                          "admitted 4", "ended",        "step of 1"});
}

/// Names who must not leave.
struct confused {
  using hears = events<>;
  template <utility_scorer S>
  std::optional<expert_id> victim(const eviction_scene<S>& s) const noexcept {
    return s.newcomer;
  }
};

TEST_CASE("a policy that names no candidate gets nobody") {
  const obvious::routing r = same_in(1, 4, {std::vector<std::uint32_t>{0}, std::vector<std::uint32_t>{1}, std::vector<std::uint32_t>{0}});
  const model_shape shape = *model_shape::uniform(1, 4, 1, {1});
  sim::replay<confused, admission::forced> player(sim::resident_set(shape, one_group{}, sim::unit::experts, {1}), confused{}, admission::forced{});
  sim::play(player, table_of(r, 1, 1));
  CHECK(player.count().hits == 1);
  CHECK(player.count().bypasses == 1);
  CHECK(player.count().evictions == 0);
}

}  // namespace
