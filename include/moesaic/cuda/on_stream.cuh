// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/system/cuda/execution_policy.h>
#include <thrust/system_error.h>

#include <moesaic/cuda/device_work.hpp>
#include <moesaic/cuda/runtime_api.hpp>

namespace moesaic::cuda {

/// Device work on a stream: Thrust's CUDA back end, without its wait at the end. Neither the runtime nor the stream is its own.
/// The stream's device has to be the calling thread's.
/// Cost: a kernel launch each, no allocation. Not yet run on a device.
struct on_stream {
  const runtime_api& api;
  stream_handle stream{};

  template <class Body>
  [[nodiscard]] result<void> each(std::uint32_t n, const Body& body) const {
    try {
      thrust::for_each_n(thrust::cuda::par_nosync.on(runtime_api::native(stream)), thrust::counting_iterator<std::uint32_t>(0), n, body);
    } catch (const thrust::system_error& refused) {  // by then Thrust has cleared the runtime's last error
      return explained(api, {refused.code().value()}, "device work of ", n, " threads");
    }
    return {};
  }
};
static_assert(workplace<on_stream>);

}  // namespace moesaic::cuda
