// SPDX-License-Identifier: MIT
// expect-error: eviction policy lacks  std::optional<expert_id> victim
#include <optional>

#include <moesaic/concepts/eviction_policy.hpp>

struct mine {
  using hears = moesaic::events<>;
#ifdef FIXED
  template <moesaic::utility_scorer S>
  std::optional<moesaic::expert_id> victim(const moesaic::eviction_scene<S>&) noexcept {
    return std::nullopt;
  }
#else
  template <moesaic::utility_scorer S>
  std::optional<moesaic::expert_id> victims(const moesaic::eviction_scene<S>&) noexcept {
    return std::nullopt;
  }
#endif
};
static_assert(moesaic::explain_eviction_policy<mine>());
