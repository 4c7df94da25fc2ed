// SPDX-License-Identifier: MIT
// expect-error: a return type or a noexcept differs
#include <moesaic/cuda/stream_api.hpp>

struct mine : moesaic::cuda::archetype::streams {
#ifdef FIXED
  moesaic::cuda::api_code query(moesaic::cuda::event_handle) noexcept;
#else
  bool query(moesaic::cuda::event_handle) noexcept;
#endif
};
static_assert(moesaic::cuda::explain_stream_api<mine>());
