// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/moesaic.hpp>
#include <moesaic/sim/replay.hpp>
#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/windows.hpp>

/// Replay has a lean driver of its own beside the residency core. Here both hear recorded routing, and after every event they
/// have to agree on who is resident and what was counted.
namespace {
using namespace moesaic;

trace::event_table recorded(const char* name, std::uint32_t window) {
  auto file = trace::file_source::open(std::string(MOESAIC_TEST_DATA "/traces/") + name);
  REQUIRE(file);
  auto reader = trace::moetrc1_reader<trace::file_source>::open(*std::move(file));
  REQUIRE(reader);
  trace::window_builder builder(reader->shape(), {.window = window});
  for (;;) {
    const auto rows = reader->next();
    REQUIRE(rows);
    if (!*rows) return builder.finish();
    builder.add(**rows);
  }
}

template <class Groups>
struct bundle {
  Groups groups{};
  scoring::decayed_frequency scoring{};
  eviction::any eviction;
  admission::any admission;
  prediction::none prediction{};
  prefetch::none prefetch{};
  placement::fetch placement{};
};

struct difference {
  std::uint64_t event = 0;
  std::string what;
};

/// The first event after which they differ; nothing if they never do.
template <class Groups>
std::vector<difference> compare(const trace::event_table& table, const std::string& in_replay, const std::string& in_core, const std::string& admission,
                                std::uint32_t slots_in_a_layer) {
  const model_shape shape = *model_shape::uniform(table.shape.layers, table.shape.experts, table.shape.top_k, {1'000});
  const std::uint64_t slots = std::uint64_t{slots_in_a_layer} * shape.layers();
  const std::uint32_t pools = Groups{}.count(shape);
  sim::replay player(sim::resident_set(shape, Groups{}, sim::unit::experts, std::vector<std::uint64_t>(pools, slots / pools)), *eviction::make(in_replay),
                     *admission::make(admission), scoring::decayed_frequency{});
  using core = residency<transports::simulated<>, bundle<Groups>>;
  auto cache = core::create(shape, transports::simulated<>(), {.eviction = *eviction::make(in_core), .admission = *admission::make(admission)},
                            {.budget = {{1'000 * (slots + 2)}, 2}});
  REQUIRE(cache);

  std::vector<difference> found;
  std::uint64_t heard = 0;
  trace::event_walk walk(table);
  const auto agree = [&](const layer_event& event) {
    auto held = cache->acquire(event);
    REQUIRE(held);
    for (auto s = held->next(); s && *s; s = held->next()) held->release(**s);
    held->end();
    player.hear(event);
    const counters &a = player.count(), &b = cache->count();
    if (a.hits != b.hits || a.misses != b.misses || a.evictions != b.evictions || a.bypasses != b.bypasses || a.bytes_demanded != b.bytes_demanded)
      found.push_back({heard, "counters"});
    for (std::uint32_t e = 0; e < table.shape.experts; ++e) {
      const expert_id who{event.layer, static_cast<expert_index>(e), {}};
      if (player.residents().contains(shape.space().flat(who)) == cache->view().absent(who)) found.push_back({heard, "residents"});
    }
    ++heard;
  };
  for (std::size_t step = 0; step < table.steps.size() && found.empty(); ++step)
    walk.step(step, [&](const layer_event& event, std::uint64_t) {
      if (found.empty()) agree(event);
    });
  if (found.empty()) CHECK(heard == table.events());
  return found;
}

TEST_CASE("replay and the residency core decide alike on recorded routing") {
  const std::vector<std::string> traces{"gptoss20b_6x96.bin", "dsv2lite_law_2x128.bin"};
  const std::vector<std::string> keyed{"lru", "fifo", "lfu", "lrfu(32)", "successor", "lfu_in_cache", "class_lru", "gdsf"},
      unkeyed{"random(seed=7)", "least_useful", "arc", "sieve", "s3_fifo", "forecast", "look_ahead"};
  for (const std::string& name : traces)
    for (const std::uint32_t window : {1U, 4U}) {  // with 4, an event wants more than its layer's pool
      const trace::event_table table = recorded(name.c_str(), window);
      const auto holds = [&](const std::string& eviction, const std::string& admission) {
        for (const std::uint32_t slots : {3U, 8U}) {
          CAPTURE(name);
          CAPTURE(window);
          CAPTURE(eviction);
          CAPTURE(admission);
          CAPTURE(slots);
          for (const difference& d : compare<group_per_layer>(table, eviction, eviction, admission, slots))
            FAIL_CHECK("they differ in ", d.what, " after event ", d.event, ", a pool per layer");
          for (const difference& d : compare<one_group>(table, eviction, eviction, admission, slots))
            FAIL_CHECK("they differ in ", d.what, " after event ", d.event, ", one pool");
        }
      };
      for (const std::string& eviction : keyed)
        for (const char* const admission : {"forced", "optional", "by_union"}) holds(eviction, admission);
      for (const std::string& eviction : unkeyed)
        for (const char* const admission : {"forced", "frequency_contest"}) holds(eviction, admission);
    }
}

TEST_CASE("the comparison finds two policies that are not the same") {
  const trace::event_table table = recorded("gptoss20b_6x96.bin", 1);
  CHECK_FALSE(compare<group_per_layer>(table, "lru", "lfu", "forced", 8).empty());
  CHECK_FALSE(compare<one_group>(table, "lru", "fifo", "optional", 8).empty());
}

}  // namespace
