// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <moesaic/concepts/eviction_policy.hpp>

// [policy]
/// Gives up the expert that was used least; every `period` tokens all counts are halved, so that old fame fades.
/// Ties: the older last use leaves, then the lower id. Cost: a use O(1), halving O(experts), victim O(candidates).
class ageing_lfu {
 public:
  using hears = moesaic::events<moesaic::inventory, moesaic::layer_event, moesaic::admitted>;
  static constexpr std::uint64_t period = 64;

  void on(const moesaic::inventory& all) {  // comes first, once: the only moment to allocate
    space_ = all.space();
    uses_.assign(space_.size(), {});
  }
  void on(const moesaic::layer_event& event) noexcept {  // heard before anybody is asked for a victim
    ++now_;
    const std::uint64_t age = event.first_token.count / period;
    if (age > age_)
      for (use& u : uses_) u.first >>= std::min<std::uint64_t>(age - age_, 63);
    age_ = age;
    for (const moesaic::demand& d : event.wanted) count(space_.flat(event.layer, d.expert));
  }
  void on(const moesaic::admitted& one) noexcept {  // a prefetch counts as a use, or it would leave before its first one
    if (one.why == moesaic::cause::prefetch) count(space_.flat(one.expert));
  }

  template <moesaic::utility_scorer S>
  std::optional<moesaic::expert_id> victim(const moesaic::eviction_scene<S>& scene) const noexcept {
    std::optional<moesaic::expert_id> least;
    for (const moesaic::expert_id e : scene.candidates)
      if (!least || rank(e) < rank(*least)) least = e;
    return least;
  }

 private:
  using use = std::pair<std::uint64_t, std::uint64_t>;  // how often, and in which event last
  void count(std::uint32_t flat) noexcept { uses_[flat] = {uses_[flat].first + 1, now_}; }
  std::pair<use, moesaic::expert_id> rank(moesaic::expert_id e) const noexcept { return {uses_[space_.flat(e)], e}; }
  moesaic::expert_space space_;
  std::vector<use> uses_;  // by flat index
  std::uint64_t now_ = 0, age_ = 0;
};
static_assert(moesaic::explain_eviction_policy<ageing_lfu>());  // says what is missing, if something is
// [/policy]
