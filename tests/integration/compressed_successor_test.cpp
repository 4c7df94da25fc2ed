// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/successor.hpp>
#include <moesaic/sim/replay.hpp>
#include <moesaic/trace/windows.hpp>

#include "support/packed_trace.hpp"

using namespace moesaic;
using moesaic_test::table_of;

namespace {

// The largest trace takes seconds in an optimised build and minutes elsewhere, where its first sequences have to do.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr std::uint32_t sequences_of_the_largest = std::numeric_limits<std::uint32_t>::max();
#else
constexpr std::uint32_t sequences_of_the_largest = 20;
#endif

template <class Eviction>
std::uint64_t misses(const trace::event_table& table, std::uint32_t capacity, Eviction policy) {
  const model_shape shape = *model_shape::uniform(table.shape.layers, table.shape.experts, table.shape.top_k, {1});
  sim::replay<Eviction, admission::forced> player(
      sim::resident_set(shape, group_per_layer{}, sim::unit::experts, std::vector<std::uint64_t>(table.shape.layers, capacity)), std::move(policy), {});
  trace::event_walk walk(table);
  for (std::size_t step = 0; step < table.steps.size(); ++step) walk.step(step, [&](const layer_event& event, std::uint64_t) { player.hear(event); });
  return player.count().misses;
}

TEST_CASE("successor misses no more than lrfu(32) on any shared trace, and less where two tokens fit") {
  const std::string traces = MOESAIC_SHARED "/traces/";
  if (!std::filesystem::is_directory(traces)) {
    MESSAGE("skipped: " << traces << " is not there");
    return;
  }
  std::uint32_t cells = 0;
  for (const char* name : {"dsv2lite_esft_intent", "dsv2lite_esft_law", "dsv2lite_esft_summary", "qwen3_30b_a3b_k6", "olmoe1b7b_decode299", "gptoss20b_decode"})
    for (const std::uint32_t window : {1U, 4U}) {
      const std::string path = traces + name + ".bin.xz";
      const auto table = table_of(path, window, std::string(name) == "gptoss20b_decode" ? sequences_of_the_largest : std::numeric_limits<std::uint32_t>::max());
      for (const std::uint32_t share : {8U, 4U, 2U}) {
        const std::uint32_t capacity = table.shape.experts / share;
        const std::uint64_t theirs = misses(table, capacity, eviction::lrfu{}), ours = misses(table, capacity, eviction::successor{});
        CAPTURE(name);
        CAPTURE(window);
        CAPTURE(capacity);
        CHECK(ours <= theirs);
        CHECK((ours < theirs || capacity < 2 * table.shape.top_k));
        ++cells;
      }
    }
  CHECK(cells == 36);
}

}  // namespace
