// SPDX-License-Identifier: MIT
// What a layer costs the host, beside what its kernels cost the device: acquire, seats, slot map, graph launch, fence, release.
//
//   layer/<experts>   48 layers, 8 experts a token, a quarter of them in slots, decoding. layer_us: all of it, which should be 20 or
//                     less; launch_us: the graph launch alone, in turns with it; hit_ratio: of the decisions
//
// Experts are small, so that the device keeps up and the host never waits for it. Time is the host's.
#include <chrono>
#include <cstdint>
#include <utility>

#include "device_bench.cuh"
#include "gpu_slots/layer_graph.cuh"
#include "gpu_slots/slot_engine.hpp"

namespace {

namespace mc = moesaic::cuda;
using device_bench::went;
using clock_type = std::chrono::steady_clock;

double microseconds(clock_type::duration spent) { return std::chrono::duration<double, std::micro>(spent).count(); }

template <std::uint32_t Experts>
void layer(benchmark::State& state) {
  using model = gpu_slots::made_up_model<48, Experts, 8, 64>;
  constexpr std::uint32_t steps = 200, warm = 20;
  mc::runtime_api& api = device_bench::device();
  auto engine = gpu_slots::slot_engine<mc::runtime_api, model>::create(api, model{}, steps + warm);
  if (!went(state, engine)) return;
  const cudaStream_t stream = mc::runtime_api::native(engine->stream());
  cudaGraphExec_t graph = nullptr;
  if (!went(state, gpu_slots::captured<model>(stream, engine->addresses(), graph))) return;
  const auto launch = [&](mc::stream_handle) -> moesaic::result<void> {
    if (const cudaError_t code = cudaGraphLaunch(graph, stream); code != cudaSuccess)
      return mc::explained(api, {static_cast<std::int32_t>(code)}, "launched a layer");
    return {};
  };
  if (!went(state, engine->begin({}))) return;
  std::uint32_t step = 0;
  for (; step < warm; ++step)
    if (!went(state, engine->step(step, launch))) return;
  if (!went(state, cudaStreamSynchronize(stream))) return;
  const moesaic::counters before = engine->count();

  device_bench::spread whole, alone;
  for (auto _ : state) {
    const auto begun = clock_type::now();
    if (!went(state, engine->step(step++, launch))) return;
    const double spent = microseconds(clock_type::now() - begun) / model::layers;
    if (!went(state, cudaStreamSynchronize(stream))) return;
    const auto again = clock_type::now();
    for (std::uint32_t l = 0; l < model::layers; ++l)
      if (!went(state, cudaGraphLaunch(graph, stream))) return;
    alone.add(microseconds(clock_type::now() - again) / model::layers);
    if (!went(state, cudaStreamSynchronize(stream))) return;
    whole.add(spent);
    state.SetIterationTime(spent / 1e6);
  }
  whole.report(state, "layer_us");
  alone.report(state, "launch_us");
  const moesaic::counters seen = engine->count().since(before);
  state.counters["hit_ratio"] = seen.accesses == 0 ? 0 : static_cast<double>(seen.hits) / static_cast<double>(seen.accesses);
  (void)cudaGraphExecDestroy(graph);
}
BENCHMARK(layer<64>)->Name("layer/64")->Iterations(200)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(layer<128>)->Name("layer/128")->Iterations(200)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(layer<512>)->Name("layer/512")->Iterations(200)->UseManualTime()->Unit(benchmark::kMicrosecond);

}  // namespace
