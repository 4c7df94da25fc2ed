// SPDX-License-Identifier: MIT
#pragma once

// What the benchmarks of the CUDA leaf share: the device, times by events, and numbers of interleaved arms.

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <moesaic/cuda/runtime_api.hpp>

namespace device_bench {

/// The device of all benchmarks; main() has opened it before any of them runs.
moesaic::cuda::runtime_api& device();

/// Ends a benchmark with a sentence where a call of the runtime failed.
[[nodiscard]] inline bool went(benchmark::State& state, cudaError_t code) {
  if (code == cudaSuccess) return true;
  state.SkipWithError(cudaGetErrorString(code));
  return false;
}
template <class T>
[[nodiscard]] bool went(benchmark::State& state, const moesaic::result<T>& done) {
  if (done) return true;
  state.SkipWithError(std::string(done.error().sentence()).c_str());
  return false;
}

/// Time between two points of a stream, by the device's clock. What the runtime refuses ends the benchmark: `failed()`.
class stopwatch {
 public:
  stopwatch() { keep(cudaEventCreate(&begin_)), keep(cudaEventCreate(&end_)); }
  stopwatch(const stopwatch&) = delete;
  stopwatch& operator=(const stopwatch&) = delete;
  ~stopwatch() { (void)cudaEventDestroy(begin_), (void)cudaEventDestroy(end_); }
  void start(cudaStream_t stream) { keep(cudaEventRecord(begin_, stream)); }
  void stop(cudaStream_t stream) { keep(cudaEventRecord(end_, stream)); }
  [[nodiscard]] cudaEvent_t ended() const { return end_; }
  /// Waits for the end. A time that could not be taken is one nanosecond, and `failed()` says why.
  [[nodiscard]] double seconds() {
    float milliseconds = 0;
    keep(cudaEventSynchronize(end_));
    keep(cudaEventElapsedTime(&milliseconds, begin_, end_));
    return std::max(static_cast<double>(milliseconds) / 1e3, 1e-9);
  }
  /// The first refusal, or cudaSuccess.
  [[nodiscard]] cudaError_t failed() const { return failed_; }

 private:
  void keep(cudaError_t code) {
    if (failed_ == cudaSuccess) failed_ = code;
  }
  cudaEvent_t begin_ = nullptr;
  cudaEvent_t end_ = nullptr;
  cudaError_t failed_ = cudaSuccess;
};

/// The middle of what was seen, and the tenth below and above which little lies.
class spread {
 public:
  void add(double one) { seen_.push_back(one); }
  void report(benchmark::State& state, const std::string& name) {
    if (seen_.empty()) return;
    std::sort(seen_.begin(), seen_.end());
    const auto at = [&](double part) { return seen_[static_cast<std::size_t>(part * static_cast<double>(seen_.size() - 1))]; };
    state.counters[name] = at(0.5);
    state.counters[name + "_p10"] = at(0.1);
    state.counters[name + "_p90"] = at(0.9);
  }

 private:
  std::vector<double> seen_;
};

}  // namespace device_bench
