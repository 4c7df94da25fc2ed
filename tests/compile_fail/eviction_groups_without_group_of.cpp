// SPDX-License-Identifier: MIT
// expect-error: eviction groups lack  std::uint32_t group_of
#include <moesaic/concepts/eviction_groups.hpp>

struct mine {
  std::uint32_t count(const moesaic::model_shape&) const noexcept { return 1; }
#ifdef FIXED
  std::uint32_t group_of(const moesaic::model_shape&, moesaic::expert_id) const noexcept { return 0; }
#else
#endif
};
static_assert(moesaic::explain_eviction_groups<mine>());
