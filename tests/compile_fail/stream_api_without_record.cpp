// SPDX-License-Identifier: MIT
// expect-error: stream_api lacks  api_code record
#include <moesaic/cuda/stream_api.hpp>

struct mine : moesaic::cuda::archetype::streams {
#ifndef FIXED
  void record(moesaic::cuda::event_handle, moesaic::cuda::stream_handle) = delete;
#endif
};
static_assert(moesaic::cuda::explain_stream_api<mine>());
