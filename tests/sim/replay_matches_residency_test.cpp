// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>

#include <moesaic/admission/forced.hpp>
#include <moesaic/admission/optional.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/eviction/fifo.hpp>
#include <moesaic/eviction/lfu.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/eviction/lru_by_rank.hpp>
#include <moesaic/eviction/random.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/sim/replay.hpp>
#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/windows.hpp>
#include <moesaic/transport/instant.hpp>

#include "trace/made_moetrc1.hpp"

using namespace moesaic;

namespace {

template <class Groups, class Eviction, class Admission>
struct bundle {
  Groups groups{};
  scoring::none scoring{};
  Eviction eviction{};
  Admission admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  placement::fetch placement{};
};

trace::event_table small_table(std::uint32_t window) {
  const std::vector<std::byte> file = moesaic_test::read_bytes(MOESAIC_TEST_DATA "/traces/gptoss20b_6x96.bin");
  auto reader = trace::moetrc1_reader<trace::memory_source>::open(trace::memory_source("t", file));
  REQUIRE(reader);
  trace::window_builder builder(reader->shape(), {.window = window, .keep_routes = true});
  for (auto rows = reader->next(); rows && *rows; rows = reader->next()) builder.add(**rows);
  return builder.finish();
}

/// Plays a recorded trace to a residency core with an instant transport and to a replay, and compares both after every event.
template <class Groups, class Eviction, class Admission>
void decide_alike(const trace::event_table& table, std::uint32_t experts_per_layer, Eviction eviction) {
  const std::uint32_t layers = table.shape.layers, experts = table.shape.experts;
  const model_shape shape = *model_shape::uniform(layers, experts, table.shape.top_k, {100});
  const bytes budget{(std::uint64_t{layers} * experts_per_layer + 2) * 100};
  using core_type = residency<transports::instant<>, bundle<Groups, Eviction, Admission>>;
  auto core = core_type::create(shape, transports::instant<>(), {.eviction = eviction}, {.budget = {budget, 2}});
  REQUIRE(core);
  const Groups groups;
  std::vector<std::uint64_t> room(groups.count(shape), std::uint64_t{layers} * experts_per_layer / groups.count(shape));
  sim::replay<Eviction, Admission> player(sim::resident_set(shape, groups, sim::unit::experts, room), eviction, Admission{});

  trace::event_walk walk(table);
  std::uint64_t wrong = 0, failed = 0;
  for (std::size_t s = 0; s < table.steps.size(); ++s) {
    walk.step(s, [&](const layer_event& event, std::uint64_t) {
      {
        auto lease = core->acquire(event);
        REQUIRE(lease);
        for (;;) {
          const result<std::optional<seat>> given = lease->next();
          failed += !given;
          if (!given || !*given) break;
          lease->release(**given);
        }
      }
      player.hear(event);
      for (std::uint32_t e = 0; e < experts; ++e) {
        const expert_id id{event.layer, static_cast<expert_index>(e), {}};
        wrong += core->view().absent(id) == player.residents().contains(shape.space().flat(id));
      }
    });
    const step_outcome outcome{.step = {s}, .committed = {table.steps[s].tokens}};
    core->end_step(outcome);
    player.hear(outcome);
  }
  CHECK(failed == 0);
  CHECK(wrong == 0);
  CHECK(core->count().events == player.count().events);
  CHECK(core->count().hits == player.count().hits);
  CHECK(core->count().misses == player.count().misses);
  CHECK(core->count().evictions == player.count().evictions);
  CHECK(core->count().bypasses == player.count().bypasses);
  CHECK(core->count().bytes_demanded == player.count().bytes_demanded);
  CHECK(player.count().hits > 0);
  CHECK(player.count().misses > 0);
}

TEST_CASE_TEMPLATE("the residency core decides what a replay says it would", Eviction, eviction::lru, eviction::fifo, eviction::lfu,
                   eviction::lrfu, eviction::lru_by_rank) {
  for (const std::uint32_t window : {1U, 4U}) {
    const trace::event_table table = small_table(window);
    for (const std::uint32_t room : {3U, 8U}) {
      CAPTURE(window);
      CAPTURE(room);
      decide_alike<group_per_layer, Eviction, admission::forced>(table, room, Eviction{});
      decide_alike<group_per_layer, Eviction, admission::optional>(table, room, Eviction{});
    }
    decide_alike<one_group, Eviction, admission::forced>(table, 12, Eviction{});
    decide_alike<one_group, Eviction, admission::optional>(table, 12, Eviction{});
  }
}

TEST_CASE("at random as well, seed by seed") {
  const trace::event_table table = small_table(2);
  for (const std::uint64_t seed : {1U, 2U}) {
    decide_alike<group_per_layer, eviction::random, admission::forced>(table, 8, eviction::random{.seed = seed});
    decide_alike<one_group, eviction::random, admission::forced>(table, 8, eviction::random{.seed = seed});
  }
}

}  // namespace
