// SPDX-License-Identifier: MIT
// expect-error: eviction groups lack  std::uint32_t count
#include <moesaic/concepts/eviction_groups.hpp>

struct mine {
#ifdef FIXED
  std::uint32_t count(const moesaic::model_shape&) const noexcept { return 1; }
#else
  std::uint32_t count() const noexcept { return 1; }
#endif
  std::uint32_t group_of(const moesaic::model_shape&, moesaic::expert_id) const noexcept { return 0; }
};
static_assert(moesaic::explain_eviction_groups<mine>());
