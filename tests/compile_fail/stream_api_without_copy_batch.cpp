// SPDX-License-Identifier: MIT
// expect-error: stream_api lacks  api_code copy_batch
#include <moesaic/cuda/stream_api.hpp>

struct mine : moesaic::cuda::archetype::streams {
#ifndef FIXED
  void copy_batch(std::span<const moesaic::cuda::copy_piece>, moesaic::cuda::stream_handle) = delete;
#endif
};
static_assert(moesaic::cuda::explain_stream_api<mine>());
