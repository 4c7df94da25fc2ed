// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/sim/regret_meter.hpp>

namespace moesaic::sim {

namespace detail {
/// `List` and those of `More` that it lacks.
template <class List, class... More>
struct merged;
template <class... Events>
struct merged<events<Events...>> {
  using type = events<Events...>;
};
template <class... Events, class First, class... More>
struct merged<events<Events...>, First, More...>
    : merged<std::conditional_t<events<Events...>::template include<First>, events<Events...>, events<Events..., First>>, More...> {};
}  // namespace detail

/// An eviction policy with a regret_meter beside it: the meter hears what it hears, and decides nothing. Takes the policy's
/// place in a bundle or a replay.
///
/// Source: ours. Mechanism: tells both, asks the policy. Cost: the policy's and the meter's.
/// State and Ties: the policy's. Threads: one at a time.
///
///     bundle.eviction = sim::metered(eviction::lrfu{});   // and later, of a residency with that bundle:
///     cache.policies().eviction.meter.measure().regret();
template <eviction_policy Policy>
struct metered {
  using hears = typename detail::merged<typename Policy::hears, inventory, layer_event, admitted, evicted>::type;

  Policy policy;
  regret_meter meter{};

  metered(Policy watched, regret_meter with = {})  // NOLINT(google-explicit-constructor)
      : policy(std::move(watched)), meter(std::move(with)) {}

  void on(const inventory& all) {
    tell(policy, all);
    tell(meter, all);
  }
  template <class Event>
    requires(!std::same_as<Event, inventory> && hears::template include<Event>)
  void on(const Event& event) noexcept {
    tell(policy, event);
    tell(meter, event);
  }
  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) noexcept {
    return policy.victim(scene);
  }
  template <utility_scorer S>
  [[nodiscard]] std::uint32_t victim_index(const eviction_scene<S>& scene) noexcept {
    return victim_of(policy, scene);
  }
  [[nodiscard]] auto key(expert_id e) const noexcept
    requires keyed_eviction_policy<Policy>
  {
    return policy.key(e);
  }
};

}  // namespace moesaic::sim
