// SPDX-License-Identifier: MIT
// expect-error: stream_api lacks  answered<stream_handle> make_stream
#include <moesaic/cuda/stream_api.hpp>

struct mine : moesaic::cuda::archetype::streams {
#ifndef FIXED
  void make_stream(moesaic::cuda::stream_priority) = delete;
#endif
};
static_assert(moesaic::cuda::explain_stream_api<mine>());
