// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <cuda_runtime.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/system/cuda/execution_policy.h>
#include <thrust/system_error.h>

#include <moesaic/cuda/device_work.hpp>
#include <moesaic/cuda/runtime_api.hpp>

namespace moesaic::cuda {

namespace detail {

/// A failure that nobody has asked for yet. It stays where it is: who asks next for the runtime's last error gets it.
[[nodiscard]] inline result<void> nothing_before() noexcept {
  const cudaError_t before = cudaPeekAtLastError();
  if (before == cudaSuccess) return {};
  if (before == cudaErrorNotReady) return (void)cudaGetLastError(), result<void>{};  // a query's answer
  return error(kind_of(runtime_api::meaning_of({before})), "device work was not begun: an earlier call or launch of this thread has failed (",
               cudaGetErrorString(before), ", code ", static_cast<std::int32_t>(before),
               "), and nobody has asked for it; please check cudaGetLastError() behind the engine's own launches");
}

}  // namespace detail

/// Device work on a stream: Thrust's CUDA back end without its wait at the end, and kernels of ours. Neither the runtime nor the stream
/// is its own. The stream's device has to be the calling thread's. A refusal is that launch's own, and does not stay behind as
/// the runtime's last error. Where the engine has left one there, nothing is launched and it stays: Thrust would take it for its own.
/// Cost: a kernel launch each and a look at the last error, no allocation, no wait. Not yet run on a device.
///
///     const mc::on_stream where{api, stream};                  // namespace mc = moesaic::cuda
///     mc::distinct_experts(where, mc::routed<std::int32_t>{tokens, k, ids, weights}, experts, workspace, {wanted, count});
struct on_stream {
  const runtime_api& api;
  stream_handle stream{};

  template <class Body>
  [[nodiscard]] result<void> each(std::uint32_t n, const Body& body) const {
    if (const result<void> fine = detail::nothing_before(); !fine) return fine;
    try {
      thrust::for_each_n(thrust::cuda::par_nosync.on(native()), thrust::counting_iterator<std::uint32_t>(0), n, body);
    } catch (const thrust::system_error& refused) {  // by then Thrust has cleared the runtime's last error
      return explained(api, {refused.code().value()}, "device work of ", n, " threads");
    }
    return {};
  }

  /// For kernels whose threads work together in blocks.
  template <class... Wanted, class... Given>
  [[nodiscard]] result<void> launch(void (*kernel)(Wanted...), std::uint32_t blocks, std::uint32_t threads, std::size_t shared_bytes, Given... given) const {
    if (const result<void> fine = detail::nothing_before(); !fine) return fine;
    cudaLaunchConfig_t how{};
    how.gridDim = dim3(blocks);
    how.blockDim = dim3(threads);
    how.dynamicSmemBytes = shared_bytes;
    how.stream = native();
    return said(cudaLaunchKernelEx(&how, kernel, Wanted(given)...), "a kernel of ", blocks, " blocks");
  }
  [[nodiscard]] result<void> clear(std::span<std::byte> memory) const {
    if (const result<void> fine = detail::nothing_before(); !fine) return fine;
    return said(cudaMemsetAsync(memory.data(), 0, memory.size(), native()), "clearing ", memory.size(), " bytes of device memory");
  }
  template <class... Asked>
  [[nodiscard]] result<void> said(cudaError_t code, const Asked&... asked) const {
    if (code == cudaSuccess) return {};
    (void)cudaGetLastError();
    return explained(api, {code}, asked...);
  }
  [[nodiscard]] cudaStream_t native() const noexcept { return runtime_api::native(stream); }
};
static_assert(workplace<on_stream>);

}  // namespace moesaic::cuda
