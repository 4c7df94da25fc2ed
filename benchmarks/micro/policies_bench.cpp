// SPDX-License-Identifier: MIT
// What one event costs under every eviction policy: 8 experts of one layer, from acquire to the end of the lease, on a transport
// that costs nothing. Routing is skewed (see event_cycle), each layer has slots of its own.
//
//   <policy>/<layers>x<experts>/<slots of a layer in per mille of its experts>
//
// The share of misses differs from policy to policy: misses_per_event says it, and time per miss is what may be compared.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include <moesaic/moesaic.hpp>

#include "residency_bench.hpp"

using namespace moesaic;

namespace {

constexpr std::uint32_t wanted_per_event = 8;
constexpr std::uint32_t events_in_cycle = 509;  // prime, so that layers do not see the same events again and again

struct scale {
  std::uint32_t layers, experts, per_mille;
};
constexpr scale scales[] = {{1, 128, 125}, {1, 128, 250}, {1, 128, 500}, {1, 64, 250}, {1, 1024, 250}, {12, 128, 250}, {96, 128, 250}, {96, 1024, 250}};

template <class Bundle>
void every_scale(const char* policy) {
  for (const scale s : scales) {
    const auto run = [s](benchmark::State& state) {
      const auto shape = model_shape::uniform(s.layers, s.experts, wanted_per_event, {bench_expert_bytes});
      residency_events<Bundle>(state, *shape, s.layers * (s.experts * s.per_mille / 1000), event_cycle::skewed(wanted_per_event, s.experts, events_in_cycle));
    };
    const std::string name = std::string(policy) + "/" + std::to_string(s.layers) + "x" + std::to_string(s.experts) + "/" + std::to_string(s.per_mille);
    benchmark::RegisterBenchmark(name.c_str(), run);
  }
}

template <class Eviction>
void plain(const char* policy) {
  every_scale<bench_bundle<Eviction, group_per_layer>>(policy);
}
template <class Eviction>
void knowing(const char* policy) {
  every_scale<knowing_bundle<Eviction, group_per_layer>>(policy);
}

}  // namespace

int main(int argc, char** argv) {
  plain<eviction::lru>("lru");
  plain<eviction::fifo>("fifo");
  plain<eviction::lfu>("lfu");
  plain<eviction::lfu_in_cache>("lfu_in_cache");
  plain<eviction::lrfu>("lrfu");
  plain<eviction::random>("random");
  plain<eviction::class_lru>("class_lru");
  plain<eviction::arc>("arc");
  plain<eviction::sieve>("sieve");
  plain<eviction::s3_fifo>("s3_fifo");
  plain<eviction::gdsf>("gdsf");
  plain<eviction::successor>("successor");
  plain<eviction::never>("never");
  // These read scores or a forecast; what recency and previous_step cost is in their numbers.
  knowing<eviction::lru>("lru_beside_scores_and_forecast");
  knowing<eviction::least_useful>("least_useful");
  knowing<eviction::below_threshold>("below_threshold");
  knowing<eviction::forecast>("forecast");
  knowing<eviction::look_ahead>("look_ahead");
  knowing<eviction::farthest_use>("farthest_use");
  knowing<eviction::protected_lru>("protected_lru");
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
