// SPDX-License-Identifier: MIT
// expect-error: eviction policy lacks  using hears = moesaic::events<...>
#include <optional>

#include <moesaic/concepts/eviction_policy.hpp>

struct mine {
#ifdef FIXED
  using hears = moesaic::events<>;
#endif
  template <moesaic::utility_scorer S>
  std::optional<moesaic::expert_id> victim(const moesaic::eviction_scene<S>&) noexcept {
    return std::nullopt;
  }
};
static_assert(moesaic::explain_eviction_policy<mine>());
