// SPDX-License-Identifier: MIT
#pragma once

// The device's half: one layer as a kernel, and as a graph that is captured once.

#include <cuda_runtime_api.h>

#include <cstdint>

#include <moesaic/cuda/slot_map.hpp>

#include "gpu_slots/tiny_model.hpp"

namespace gpu_slots {

// [kernel]
template <class Model>
__global__ void layer_kernel(graph_addresses at) {
  const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  const std::uint32_t x = at.token[i];
  std::uint32_t next = x + 1;
  for (std::uint32_t n = 0; n < Model::top_k; ++n) {
    const std::uint64_t seat = at.table[at.wanted[n]];  // where it lies now; the graph was captured long before
    next += seat == moesaic::cuda::absent_slot ? no_seat : added(x, reinterpret_cast<const std::uint32_t*>(at.slab + seat)[i]);
  }
  at.token[i] = next;
}
// [/kernel]

// [graph]
template <class Model>
cudaError_t captured(cudaStream_t stream, const graph_addresses& at, cudaGraphExec_t& made) {
  constexpr std::uint32_t block = Model::width < 256 ? Model::width : 256;
  cudaGraph_t graph = nullptr;
  cudaError_t code = cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
  if (code != cudaSuccess) return code;
  layer_kernel<Model><<<Model::width / block, block, 0, stream>>>(at);
  code = cudaStreamEndCapture(stream, &graph);
  if (code == cudaSuccess) code = cudaGraphInstantiate(&made, graph, 0);
  if (graph != nullptr) (void)cudaGraphDestroy(graph);
  return code;
}
// [/graph]

}  // namespace gpu_slots
