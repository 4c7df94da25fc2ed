// SPDX-License-Identifier: MIT
// The engine of docs/how_to/watch_a_running_engine.md that hears its cache's decisions as lines of text.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/trace/decision_log.hpp>
#include <moesaic/transport/simulated.hpp>

namespace {

// [log]
struct to_my_log {
  std::vector<std::string>* lines;  // stands for the engine's own log
  void operator()(std::string_view line) const { lines->emplace_back(line); }
};
struct policies {
  moesaic::group_per_layer groups;
  moesaic::scoring::none scoring;
  moesaic::eviction::lru eviction;
  moesaic::admission::forced admission;
  moesaic::prediction::none prediction;
  moesaic::prefetch::none prefetch;
  moesaic::placement::fetch placement;
  moesaic::trace::decision_log<to_my_log> witness;  // here: a bundle with this member is watched
};
// [/log]

TEST_CASE("an engine hears what its cache decides, line by line") {
  using expert_cache = moesaic::residency<moesaic::transports::simulated<>, policies>;
  std::vector<std::string> lines;
  const auto shape = moesaic::model_shape::uniform(1, 4, 2, {10});
  REQUIRE(shape);
  auto cache = expert_cache::create(*shape, moesaic::transports::simulated<>(),
                                    {.groups = {},
                                     .scoring = {},
                                     .eviction = {},
                                     .admission = {},
                                     .prediction = {},
                                     .prefetch = {},
                                     .placement = {},
                                     .witness = moesaic::trace::decision_log(to_my_log{&lines}, "lru")},
                                    {.budget = {{30}, 1}});
  REQUIRE(cache);
  for (std::uint32_t step = 0; step < 2; ++step) {  // {0, 1}, then {0, 2}, with room for two
    const std::vector<moesaic::demand> wanted{{moesaic::expert_index(0), 1, {}}, {moesaic::expert_index(1 + step), 1, {}}};
    moesaic::layer_event event;
    event.step = {step};
    event.first_token = {step};
    event.wanted = wanted;
    auto lease = cache->acquire(event);
    REQUIRE(lease);
    for (auto seat = lease->next(); seat && *seat; seat = lease->next()) lease->release(**seat);
  }
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("evicted (0,1) for (0,2): lru "));
}

}  // namespace
