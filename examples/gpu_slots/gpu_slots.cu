// SPDX-License-Identifier: MIT
// An engine with its experts in device memory, a quarter of them at a time: one CUDA graph, captured once, runs every layer of
// every step, and finds its experts by the slot map. The token that comes out has to be the same bits as with all experts.
//
//   gpu_slots [steps]

#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstdlib>

#include <moesaic/cuda/runtime_api.hpp>

#include "gpu_slots/layer_graph.cuh"
#include "gpu_slots/slot_engine.hpp"

namespace {

using gpu_slots::tiny_model;

int fail(const moesaic::error& why) {
  std::fprintf(stderr, "gpu_slots: %.*s\n", static_cast<int>(why.sentence().size()), why.sentence().data());
  return 1;
}
int fail(const char* what, cudaError_t code) {
  std::fprintf(stderr, "gpu_slots: %s: %s\n", what, cudaGetErrorString(code));
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  const long steps = count > 1 ? std::strtol(arguments[1], nullptr, 10) : 200;
  if (steps < 1 || steps > 100'000) {
    std::fprintf(stderr, "gpu_slots: steps are a number from 1 to 100000, not '%s'\n", arguments[1]);
    return 2;
  }
  auto api = moesaic::cuda::runtime_api::open();
  if (!api) {
    std::printf("gpu_slots: skipped: %.*s\n", static_cast<int>(api.error().sentence().size()), api.error().sentence().data());
    return 0;
  }
  const tiny_model model;
  auto engine = gpu_slots::slot_engine<moesaic::cuda::runtime_api>::create(*api, model, static_cast<std::uint32_t>(steps));
  if (!engine) return fail(engine.error());

  const cudaStream_t stream = moesaic::cuda::runtime_api::native(engine->stream());
  cudaGraphExec_t layer = nullptr;
  if (const cudaError_t code = gpu_slots::captured<tiny_model>(stream, engine->addresses(), layer); code != cudaSuccess)
    return fail("the layer could not be captured", code);
  const auto launch = [&](moesaic::cuda::stream_handle) -> moesaic::result<void> {
    if (const cudaError_t code = cudaGraphLaunch(layer, stream); code != cudaSuccess)
      return moesaic::cuda::explained(*api, {static_cast<std::int32_t>(code)}, "launched a layer");
    return {};
  };

  tiny_model::token expected{}, token{};
  for (std::uint32_t i = 0; i < tiny_model::width; ++i) expected[i] = i;
  if (auto begun = engine->begin(expected); !begun) return fail(begun.error());
  for (std::uint32_t s = 0; s < static_cast<std::uint32_t>(steps); ++s) {
    if (auto done = engine->step(s, launch); !done) return fail(done.error());
    tiny_model::forward(expected, s);
  }
  cudaError_t code = cudaMemcpyAsync(token.data(), engine->addresses().token, sizeof token, cudaMemcpyDeviceToHost, stream);
  if (code == cudaSuccess) code = cudaStreamSynchronize(stream);
  if (code != cudaSuccess) return fail("the token could not be read back", code);
  (void)cudaGraphExecDestroy(layer);

  const moesaic::counters& seen = engine->count();
  std::printf("%ld steps with %llu bytes for experts of %llu: %llu of %llu were there when their layer began\n", steps,
              static_cast<unsigned long long>(engine->budget().count), static_cast<unsigned long long>(model.size().count),
              static_cast<unsigned long long>(seen.hits), static_cast<unsigned long long>(seen.accesses));
  if (token != expected) {
    std::fprintf(stderr, "gpu_slots: the token differs from the one with all experts in memory\n");
    return 1;
  }
  std::printf("the same bits as with all experts in memory\n");
  return 0;
}
