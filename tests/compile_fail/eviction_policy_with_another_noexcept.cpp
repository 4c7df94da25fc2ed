// SPDX-License-Identifier: MIT
// expect-error: eviction policy has every call, but a return type or a noexcept differs
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
  std::optional<moesaic::expert_id> victim(const moesaic::eviction_scene<S>&) {
    return std::nullopt;
  }
#endif
};
static_assert(moesaic::explain_eviction_policy<mine>());
