// SPDX-License-Identifier: MIT
// expect-error: stream_api lacks  answered<std::byte\*> device_allocate
#include <moesaic/cuda/stream_api.hpp>

struct mine : moesaic::cuda::archetype::streams {
#ifndef FIXED
  void device_free(std::byte*) = delete;
#endif
};
static_assert(moesaic::cuda::explain_stream_api<mine>());
