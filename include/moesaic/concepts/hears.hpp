// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include <moesaic/core/event.hpp>
#include <moesaic/core/expert_space.hpp>
#include <moesaic/core/model_shape.hpp>
#include <moesaic/core/residence.hpp>
#include <moesaic/core/step_outcome.hpp>

namespace moesaic {

/// The experts a policy will decide about, told once, before any other event: the moment to allocate, and the only one.
/// `shape` and `group_of` stay valid as long as the policy is used.
struct inventory {
  const model_shape& shape;
  std::span<const std::uint16_t> group_of{};  ///< eviction group by flat index
  std::uint32_t groups = 1;
  bytes room{};  ///< all slots together, when the cache was made; 0: not known

  [[nodiscard]] const expert_space& space() const noexcept { return shape.space(); }
};

/// An expert took room of its own (a slot, not a frame); its bytes may still travel.
struct admitted {
  expert_id expert;
  cause why;
};
/// An expert lost its room, or its transfer failed after it had been admitted.
struct evicted {
  expert_id expert;
};
/// The engine has finished with a layer's event: nothing of it is pinned any more.
struct lease_ended {
  step_index step;
  layer_index layer;
};
/// A draft begins: at most `longest` tokens (at least 1), as the governor just allowed.
struct draft_started {
  draft_length longest;
};
/// The drafter has proposed a further token; its hints have been told. `drafted` counts it; `took` is the time from
/// asking the drafter to having it.
struct token_drafted {
  draft_length drafted;
  nanoseconds took;
};
/// A draft was cut: rows at or after `kept` will not be verified, or were rejected.
struct draft_cut {
  draft_length kept;
};
/// The draft is over: `verified` of its tokens go to the target next; 0 where none does, or where drafting failed.
struct draft_ended {
  draft_length verified;
};

/// Policies say what they listen to, and are held to it:
/// `using hears = events<inventory, layer_event, evicted>;` demands an `on` for each of the three, noexcept except for
/// inventory. What is not listed is not told; what is listed and misspelt does not compile.
///
/// Order within one event: layer_event (in `acquire`, before anybody is asked anything), then admitted and evicted as they
/// are decided, then lease_ended. After each step: step_outcome. While drafting: draft_started, then hint and
/// token_drafted token by token, draft_cut where not all of them will be verified, and one draft_ended for each draft_started. A step
/// in which the governor allows no draft tells none of these; a drafter that has nothing to offer leaves a start and an end.
template <class... Events>
struct events {
  template <class Event>
  static constexpr bool include = (std::same_as<Event, Events> || ...);
};

namespace detail {
template <class Policy, class Event>
concept handles = requires(Policy policy, const Event& event) {
  { policy.on(event) } noexcept -> std::same_as<void>;
};
template <class Policy>
concept handles_inventory = requires(Policy policy, const inventory& event) {
  { policy.on(event) } -> std::same_as<void>;
};
template <class Policy, class Event>
inline constexpr bool keeps_its_word_on = handles<Policy, Event>;
template <class Policy>
inline constexpr bool keeps_its_word_on<Policy, inventory> = handles_inventory<Policy>;
template <class Policy, class List>
inline constexpr bool keeps_its_word = false;
template <class Policy, class... Events>
inline constexpr bool keeps_its_word<Policy, events<Events...>> = (keeps_its_word_on<Policy, Events> && ...);
}  // namespace detail

template <class Policy>
concept declares_events = requires { typename Policy::hears; };

/// A policy that declares what it hears and can hear all of it.
template <class Policy>
concept listener = declares_events<Policy> && detail::keeps_its_word<Policy, typename Policy::hears>;

/// Tells a policy an event it listens to; nothing otherwise, at no cost.
template <class Event, listener Policy>
constexpr void tell(Policy& policy, const Event& event) noexcept(!std::same_as<Event, inventory>) {
  if constexpr (Policy::hears::template include<Event>) policy.on(event);
}

/// A policy that keeps arrays and takes experts by flat index where its teller knows them, from `on(event, flats) noexcept` beside the
/// `on(event)` that it has to have: those of `wanted` in the event's order, or that of the expert admitted or evicted. It says so with
/// `using takes_flats = ITS OWN NAME;`, so that a policy derived from it, whose `on(event)` does something else, is told the event.
template <class Policy>
concept flat_listener = listener<Policy> && requires { requires std::same_as<typename Policy::takes_flats, Policy>; };

/// The same from a teller that has the flat indices at hand. Both ways of being told do the same; the conformance suite holds them to it.
/// Cost: ids and indices are a few shifts apart, but on the way from a victim to its array entry, and from there to the next victim,
/// everything waits for them: with lru a replay is a sixth faster without (docs/design/0023).
template <class Event, listener Policy, class Flats>
  requires((std::same_as<Event, layer_event> && std::convertible_to<const Flats&, std::span<const std::uint32_t>>) ||
           ((std::same_as<Event, admitted> || std::same_as<Event, evicted>) && std::same_as<Flats, std::uint32_t>))
constexpr void tell(Policy& policy, const Event& event, const Flats& flats) noexcept {
  if constexpr (flat_listener<Policy> && Policy::hears::template include<Event> && requires { policy.on(event, flats); }) {
    static_assert(noexcept(policy.on(event, flats)), "a policy's  void on(event, flats)  is not noexcept");
    policy.on(event, flats);
  } else {
    tell(policy, event);
  }
}

}  // namespace moesaic
