// SPDX-License-Identifier: MIT
// expect-error: stream_api lacks  answered<nanoseconds> elapsed
#include <moesaic/cuda/stream_api.hpp>

struct mine : moesaic::cuda::archetype::streams {
#ifndef FIXED
  void elapsed(moesaic::cuda::event_handle, moesaic::cuda::event_handle) = delete;
#endif
};
static_assert(moesaic::cuda::explain_stream_api<mine>());
