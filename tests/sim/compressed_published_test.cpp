// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/eviction/belady.hpp>
#include <moesaic/eviction/lfu.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/sim/replay.hpp>
#include <moesaic/trace/next_use.hpp>
#include <moesaic/trace/windows.hpp>

#include "support/packed_trace.hpp"

using namespace moesaic;
using moesaic_test::table_of;

namespace {

/// Hit ratios of each layer by itself, and their mean.
template <class Eviction>
double mean_over_layers(const trace::event_table& table, std::uint64_t room, Eviction policy) {
  const auto& [layers, experts, top_k] = table.shape;
  const model_shape shape = *model_shape::uniform(layers, experts, top_k, {1});
  const std::vector<std::uint32_t> next = trace::next_uses(table);
  sim::replay<Eviction, admission::forced> player(sim::resident_set(shape, group_per_layer{}, sim::unit::experts, std::vector<std::uint64_t>(layers, room)),
                                                  std::move(policy), {});
  std::vector<double> hits(layers), accesses(layers);
  trace::event_walk walk(table);
  for (std::size_t s = 0; s < table.steps.size(); ++s)
    walk.step(s, [&](const layer_event& event, std::uint64_t first_access) {
      const counters before = player.count();
      player.hear(event, std::span(next).subspan(static_cast<std::size_t>(first_access), event.wanted.size()));
      hits[number(event.layer)] += static_cast<double>(player.count().since(before).hits);
      accesses[number(event.layer)] += static_cast<double>(event.wanted.size());
    });
  double sum = 0;
  for (std::uint32_t l = 0; l < layers; ++l) sum += hits[l] / accesses[l];
  return sum / layers;
}

TEST_CASE("published hit ratios of a trace whose last layer has fewer rows: means over layers") {
  const std::string path = MOESAIC_SHARED "/traces/qwen3_30b_a3b_k6.bin.xz";
  if (!std::filesystem::exists(path)) return;
  const trace::event_table table = table_of(path);
  CHECK(table.events() == 7'461);
  constexpr double published[3][3] = {{.597, .600, .731}, {.780, .783, .868}, {.906, .906, .915}};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::uint64_t room = 16U << i;
    CHECK(std::abs(mean_over_layers(table, room, eviction::lru{}) - published[i][0]) <= 0.001);
    CHECK(std::abs(mean_over_layers(table, room, eviction::lfu{}) - published[i][1]) <= 0.001);
    CHECK(std::abs(mean_over_layers(table, room, eviction::belady{}) - published[i][2]) <= 0.001);
  }
}

TEST_CASE("recorded routing of one prompt, from the repository's own copy") {
  const trace::event_table table = table_of(MOESAIC_TEST_DATA "/traces/olmoe1b7b_decode299.bin.xz");
  CHECK(table.events() == 4'784);
  CHECK(table.accesses() == 38'272);
  CHECK(std::abs(mean_over_layers(table, 16, eviction::lru{}) - .597) <= 0.001);
  CHECK(std::abs(mean_over_layers(table, 16, eviction::lfu{}) - .599) <= 0.001);
  CHECK(std::abs(mean_over_layers(table, 16, eviction::belady{}) - .723) <= 0.001);
}

}  // namespace
