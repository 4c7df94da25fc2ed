// SPDX-License-Identifier: MIT
// expect-error: eviction policy declares an event it has no  void on
#include <optional>

#include <moesaic/concepts/eviction_policy.hpp>

struct mine {
  using hears = moesaic::events<moesaic::evicted>;
#ifdef FIXED
  void on(const moesaic::evicted&) noexcept {}
#else
  void no(const moesaic::evicted&) noexcept {}
#endif
  template <moesaic::utility_scorer S>
  std::optional<moesaic::expert_id> victim(const moesaic::eviction_scene<S>&) noexcept {
    return std::nullopt;
  }
};
static_assert(moesaic::explain_eviction_policy<mine>());
