// SPDX-License-Identifier: MIT
// expect-error: stream_api lacks  fault meaning
#include <moesaic/cuda/stream_api.hpp>

struct mine : moesaic::cuda::archetype::streams {
#ifndef FIXED
  void meaning(moesaic::cuda::api_code) const = delete;
#endif
};
static_assert(moesaic::cuda::explain_stream_api<mine>());
