// SPDX-License-Identifier: MIT
// A policy of one's own, unchanged, in two worlds: in replay, which only counts, and in the residency core, which moves experts
// over a link. Both have to count the same hits, for this policy and for lru beside it.
//
//     own_eviction_policy TRACE      a MOETRC1 file

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include <moesaic/moesaic.hpp>
#include <moesaic/sim/play.hpp>
#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/windows.hpp>

#include "ageing_lfu.hpp"

namespace {

using moesaic::result;

/// The events of a trace, one token a step.
result<moesaic::trace::event_table> read(const char* path) {
  auto file = moesaic::trace::file_source::open(path);
  if (!file) return file.error();
  auto reader = moesaic::trace::moetrc1_reader<moesaic::trace::file_source>::open(*std::move(file));
  if (!reader) return reader.error();
  moesaic::trace::window_builder events(reader->shape(), {.window = 1});
  for (;;) {
    const auto rows = reader->next();
    if (!rows) return rows.error();
    if (!*rows) return events.finish();
    events.add(**rows);
  }
}

/// A quarter of each layer's experts, or one where that is less.
std::uint32_t slots_per_layer(const moesaic::model_shape& shape) { return std::max(1U, shape.experts(moesaic::layer_index{}) / 4); }

// [replay]
template <moesaic::eviction_policy Eviction>
std::uint64_t hits_in_replay(const moesaic::trace::event_table& table, const moesaic::model_shape& shape, Eviction eviction) {
  const std::vector<std::uint64_t> room(shape.layers(), slots_per_layer(shape));
  moesaic::sim::replay player(moesaic::sim::resident_set(shape, moesaic::group_per_layer{}, moesaic::sim::unit::experts, room), std::move(eviction),
                              moesaic::admission::forced{});
  moesaic::sim::play(player, table);
  return player.count().hits;
}
// [/replay]

// [residency]
template <moesaic::eviction_policy Eviction>
struct policies {
  moesaic::group_per_layer groups{};
  moesaic::scoring::none scoring{};
  Eviction eviction;  // here
  moesaic::admission::forced admission{};
  moesaic::prediction::none prediction{};
  moesaic::prefetch::none prefetch{};
  moesaic::placement::fetch placement{};
};
// [/residency]

template <class Cache>
result<void> serve(Cache& cache, const moesaic::layer_event& event) {
  auto lease = cache.acquire(event);
  if (!lease) return lease.error();
  for (;;) {
    const auto seat = lease->next();
    if (!seat) return seat.error();
    if (!*seat) return {};
    lease->release(**seat);
  }
}

template <moesaic::eviction_policy Eviction>
result<std::uint64_t> hits_in_residency(const moesaic::trace::event_table& table, const moesaic::model_shape& shape, Eviction eviction) {
  using link = moesaic::transports::simulated<>;
  using cache_type = moesaic::residency<link, policies<Eviction>>;
  const moesaic::bytes budget = shape.largest() * (shape.layers() * slots_per_layer(shape) + 2);  // with two staging frames
  auto cache = cache_type::create(shape, link{}, {.eviction = std::move(eviction)}, {.budget = {budget}});
  if (!cache) return cache.error();
  moesaic::trace::event_walk walk(table);
  result<void> served;
  for (std::size_t step = 0; step < table.steps.size(); ++step)
    walk.step(step, [&](const moesaic::layer_event& event, std::uint64_t) {
      if (served) served = serve(*cache, event);
    });
  if (!served) return served.error();
  return cache->count().hits;
}

int fail(const moesaic::error& why) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(why.sentence().size()), why.sentence().data());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: own_eviction_policy TRACE, for instance tests/data/traces/gptoss20b_6x96.bin\n");
    return 2;
  }
  const auto table = read(argv[1]);
  if (!table) return fail(table.error());
  const auto [layers, experts, top_k] = table->shape;
  const auto shape = moesaic::model_shape::uniform(layers, experts, top_k, moesaic::mebibytes(1));
  if (!shape) return fail(shape.error());

  bool equal = true;
  std::printf("%-12s%14s%14s   of %llu, %u of %u experts per layer\n", "hits", "in replay", "in residency", static_cast<unsigned long long>(table->accesses()),
              slots_per_layer(*shape), experts);
  const auto compare = [&](const char* name, const auto& policy) -> result<void> {
    const std::uint64_t replayed = hits_in_replay(*table, *shape, policy);
    const result<std::uint64_t> lived = hits_in_residency(*table, *shape, policy);
    if (!lived) return lived.error();
    equal = equal && replayed == *lived && replayed > 0;
    std::printf("%-12s%14llu%14llu\n", name, static_cast<unsigned long long>(replayed), static_cast<unsigned long long>(*lived));
    return {};
  };
  if (const result<void> ran = compare("lru", moesaic::eviction::lru{}); !ran) return fail(ran.error());
  if (const result<void> ran = compare("ageing_lfu", ageing_lfu{}); !ran) return fail(ran.error());
  if (!equal) std::fprintf(stderr, "replay and residency count different hits, or none\n");
  return equal ? 0 : 1;
}
