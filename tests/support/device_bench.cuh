// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <cuda_runtime.h>

#include <moesaic/cuda/on_stream.cuh>

namespace moesaic_test {

/// Some test of this run could not look for want of a device: the program ends with 77, if nothing else failed.
inline bool wanted_a_device = false;

/// A device's memory and a stream, as device_work_checks.hpp wants a bench. Each piece is an allocation of its own, so that
/// compute-sanitizer sees a step beyond it.
class device_bench {
 public:
  /// Nothing where there is no device, and a line that says so.
  [[nodiscard]] static std::unique_ptr<device_bench> open() {
    auto api = moesaic::cuda::runtime_api::open();
    if (!api) {
      wanted_a_device = true;
      std::printf("skipped: %.*s\n", static_cast<int>(api.error().sentence().size()), api.error().sentence().data());
      return nullptr;
    }
    return std::unique_ptr<device_bench>(new device_bench(*std::move(api)));
  }
  ~device_bench() {
    forget();
    api_.end_stream(stream_);
  }
  device_bench(const device_bench&) = delete;
  device_bench& operator=(const device_bench&) = delete;

  template <class T>
  std::span<T> room(std::size_t n) {
    if (n == 0) return {};
    void* made = nullptr;
    REQUIRE(cudaMalloc(&made, n * sizeof(T)) == cudaSuccess);
    held_.push_back(made);
    REQUIRE(cudaMemsetAsync(made, 0xA5, n * sizeof(T), native()) == cudaSuccess);
    return {static_cast<T*>(made), n};
  }
  template <class T>
  std::span<T> put(const std::vector<T>& from) {
    const std::span<T> to = room<T>(from.size());
    fill(to, from);
    return to;
  }
  template <class T>
  void fill(std::span<T> to, const std::vector<T>& from) {
    if (!from.empty()) REQUIRE(cudaMemcpyAsync(to.data(), from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice, native()) == cudaSuccess);
    REQUIRE(cudaStreamSynchronize(native()) == cudaSuccess);
  }
  template <class T>
  std::vector<T> back(std::span<const T> from) const {
    std::vector<T> to(from.size());
    if (!to.empty()) REQUIRE(cudaMemcpyAsync(to.data(), from.data(), to.size() * sizeof(T), cudaMemcpyDeviceToHost, native()) == cudaSuccess);
    REQUIRE(cudaStreamSynchronize(native()) == cudaSuccess);
    return to;
  }
  std::span<std::byte> bare(std::size_t bytes) { return room<std::byte>(bytes); }
  /// Gives the memory of all cases so far back.
  void forget() {
    for (void* const one : held_) (void)cudaFree(one);
    held_.clear();
  }
  [[nodiscard]] cudaStream_t native() const noexcept { return moesaic::cuda::runtime_api::native(stream_); }

 private:
  explicit device_bench(moesaic::cuda::runtime_api api) : api_(std::move(api)), stream_(made_by(api_)), where{api_, stream_} {}
  [[nodiscard]] static moesaic::cuda::stream_handle made_by(moesaic::cuda::runtime_api& api) {
    const auto stream = api.make_stream(moesaic::cuda::stream_priority::urgent);
    REQUIRE(stream.code.ok());
    return stream.value;
  }

  moesaic::cuda::runtime_api api_;
  moesaic::cuda::stream_handle stream_;
  std::vector<void*> held_{};

 public:
  const moesaic::cuda::on_stream where;  ///< after what it refers to
};

}  // namespace moesaic_test
