// SPDX-License-Identifier: MIT
// expect-error: eviction policy lacks  std::optional<expert_id> victim
#include <moesaic/eviction/exported.hpp>

struct mine {
  using hears = moesaic::events<>;
  template <moesaic::utility_scorer S>
#ifdef FIXED
  std::optional<moesaic::expert_id> victim(const moesaic::eviction_scene<S>&) const noexcept {
    return std::nullopt;
  }
#else
  std::optional<moesaic::expert_id> victims(const moesaic::eviction_scene<S>&) const noexcept {
    return std::nullopt;
  }
#endif
};
MOESAIC_EXPORT_EVICTION_POLICY(mine, "mine", "a policy of one's own");
