// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include <moesaic/transport/failing.hpp>
#include <moesaic/transport/reordering.hpp>
#include <moesaic/transport/simulated.hpp>

#include "cache/soak_run.hpp"

// The residency under random engines, budgets, policies and transports that misbehave in every way their contract allows.
// MOESAIC_SOAK_EVENTS sets how many events are driven; MOESAIC_SOAK_SEED runs one seed alone.

namespace {
using namespace moesaic_test;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t usual_events = 60'000;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr std::uint64_t usual_events = 60'000;
#else
constexpr std::uint64_t usual_events = 1'000'000;
#endif
#elif !defined(__OPTIMIZE__)
constexpr std::uint64_t usual_events = 100'000;
#else
constexpr std::uint64_t usual_events = 1'000'000;
#endif

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

any_bundle random_bundle(const model_shape& shape, splitmix& random, hearsay& said, bool& displaces_own) {
  constexpr std::array keyed{"lru", "fifo", "lfu", "lrfu(16)", "lrfu(3)", "lfu_in_cache", "class_lru(8)", "gdsf"};
  constexpr std::array keyless{"random(5)",     "least_useful",    "arc",          "sieve",        "s3_fifo", "forecast(8)",
                               "look_ahead(4)", "below_threshold", "farthest_use", "protected_lru"};
  constexpr std::array scorings{"none", "recency", "decayed_frequency(8)", "hysteresis(up=2)"};
  constexpr std::array predictions{"none", "previous_step", "transition_counts", "transition_counts(most=3,horizon=1)", "draft_routes"};
  constexpr std::array prefetches{"none",
                                  "most_useful",
                                  "most_useful(in_flight=1,horizon=1)",
                                  "most_useful(in_flight=16,horizon=5)",
                                  "static_cutoff",
                                  "analytic_cutoff(batch=2)",
                                  "profiled_cutoff(steps=1)",
                                  "utility_levels",
                                  "three_phases(slots=1)",
                                  "three_phases(draft_time=1,saturate=0)"};
  constexpr std::array placements{"fetch", "fetch", "fetch", "fetch", "host", "balanced_host", "balanced_host(least=2,host=300,device=20000)"};
  constexpr std::array admissions{"forced", "forced", "frequency_contest(8)", "staging_only", "reaches_threshold", "optional", "by_union(percent=30)"};
  const auto one_of = [&](const auto& list) { return list[random.below(static_cast<std::uint32_t>(list.size()))]; };
  const std::uint32_t admission_kind = random.below(7);
  displaces_own = admission_kind >= 5;
  const char* eviction = displaces_own || random.chance(500) ? one_of(keyed) : one_of(keyless);  // the last two need a key
  const std::uint64_t seed = random();
  return {.groups = random_groups(shape, random),
          .scoring = {*scoring::make(one_of(scorings)), &said},
          .eviction = {*eviction::make(eviction), random.chance(100), {seed}},
          .admission = {*admission::make(admissions[admission_kind]), admission_kind == 1 && random.chance(300), {seed + 1}},
          .prediction = *prediction::make(one_of(predictions)),
          .prefetch = {*prefetch::make(one_of(prefetches)), &said, random.chance(500), {seed + 2}},
          .placement = {*placement::make(one_of(placements)), random.chance(300), {seed + 3}}};
}

template <class Arena>
std::uint32_t with_trickster(std::uint64_t seed) {
  splitmix random{seed};
  soak_setup setup = random_setup(random);
  hearsay said;
  auto log = std::make_unique<trickster_log>();
  bool displaces_own = false;
  any_bundle policies = random_bundle(setup.shape, random, said, displaces_own);
  setup.displaces_own = displaces_own;
  const trickster_options how{.capacity = random.between(1, random.chance(300) ? 24 : 5),
                              .seed = random(),
                              .fails_of_1000 = random.chance(400) ? 0 : random.between(1, 300),
                              .reports_of_1000 = random.between(50, 1000),
                              .starts_of_1000 = random.between(0, 1000)};
  soak_run<trickster, Arena> run(std::move(setup), std::move(policies), [&] { return trickster(how, *log); }, log.get(), said, {random()});
  return run.run();
}

template <class Arena>
std::uint32_t with_decorators(std::uint64_t seed) {
  using link = transports::reordering<transports::failing<transports::simulated<transports::pattern_content>>>;
  splitmix random{seed};
  soak_setup setup = random_setup(random);
  hearsay said;
  bool displaces_own = false;
  any_bundle policies = random_bundle(setup.shape, random, said, displaces_own);
  setup.displaces_own = displaces_own;
  const auto make_link = [&] {
    transports::simulated<transports::pattern_content> inner(
        {.capacity = random.between(1, 12), .overhead = {random.between(0, 500)}, .rate = {1e6 * random.between(1, 1000)}, .demand_first = random.chance(500)});
    transports::failing<decltype(inner)> failing(std::move(inner), {.how = transports::failure::any,
                                                                    .per_million = random.chance(300) ? 0 : random.below(300'000),
                                                                    .every = 0,
                                                                    .experts = {},
                                                                    .late_by = random.between(1, 20),
                                                                    .seed = random()});
    return link(std::move(failing), random());
  };
  soak_run<link, Arena> run(std::move(setup), std::move(policies), make_link, nullptr, said, {random()});
  return run.run();
}

template <class Run>
void soak(std::uint64_t share_of_100, Run run) {
  const std::uint64_t events = setting("MOESAIC_SOAK_EVENTS", usual_events) * share_of_100 / 100;
  const std::uint64_t only = setting("MOESAIC_SOAK_SEED", 0);
  std::uint64_t done = 0;
  for (std::uint64_t seed = only == 0 ? 1 : only; done < events; ++seed) {
    INFO("MOESAIC_SOAK_SEED=", seed);
    done += run(seed);
    if (only != 0) break;
  }
}

TEST_CASE("random engines over a transport that keeps its contract and no more, equal slots") { soak(40, with_trickster<moesaic::uniform_arena>); }
TEST_CASE("random engines over a transport that keeps its contract and no more, exact bytes") { soak(30, with_trickster<moesaic::extent_arena>); }
TEST_CASE("random engines over a simulated link that reorders, fails and comes late, equal slots") { soak(15, with_decorators<moesaic::uniform_arena>); }
TEST_CASE("random engines over a simulated link that reorders, fails and comes late, exact bytes") { soak(15, with_decorators<moesaic::extent_arena>); }

}  // namespace
