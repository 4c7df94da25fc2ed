// SPDX-License-Identifier: MIT
// main of every benchmark of the CUDA leaf. Where there is no device it says so and ends with 0: nothing was measured, nothing failed.
#include <cstdio>
#include <optional>

#include "device_bench.cuh"

namespace {
std::optional<moesaic::cuda::runtime_api> opened;
}

moesaic::cuda::runtime_api& device_bench::device() { return *opened; }

int main(int count, char** arguments) {
  auto api = moesaic::cuda::runtime_api::open();
  if (!api) {
    std::printf("%s: nothing was measured: %.*s\n", arguments[0], static_cast<int>(api.error().sentence().size()), api.error().sentence().data());
    return 0;
  }
  opened.emplace(std::move(*api));
  cudaDeviceProp known{};
  int runtime = 0, driver = 0;
  if (cudaGetDeviceProperties(&known, opened->device()) == cudaSuccess) benchmark::AddCustomContext("device", known.name);
  if (cudaRuntimeGetVersion(&runtime) == cudaSuccess && cudaDriverGetVersion(&driver) == cudaSuccess)
    benchmark::AddCustomContext("CUDA", "runtime " + std::to_string(runtime) + ", driver " + std::to_string(driver));
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
