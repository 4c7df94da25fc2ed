// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/admission/optional.hpp>
#include <moesaic/concepts/admission_policy.hpp>

namespace moesaic::admission {

/// Forced while an event's experts fit easily into what the eviction group holds, optional above.
///
/// Source: ours. Where they fit, what was just used is worth keeping, because the next token uses part of it again; where they
/// do not, forced admission throws out what is used often for what was used once. The more tokens an event has, the less of its
/// set is that fresh, so the crossing point falls with them; it was measured on recorded routing
/// (docs/reference/policies_measured.md).
/// Mechanism: mean size of the group's events, over about the last 16, against (percent + fresh / tokens) % of what the group
/// held when somebody last had to go. A group of several layers is always optional: there the other layers come before the next
/// token does. Until a group has been full once everything is forced, which makes no difference.
/// Cost: O(experts of the event) per event, O(1) per question. 48 bytes per group.
/// State and Ties: counts per group, of experts whatever their sizes. Verdicts are those of forced and optional. An event whose
/// experts belong to several groups goes by the group of its lowest expert.
/// Threads: one at a time.
/// Knobs: `percent`, default 50, 1 to 10,000, and `fresh`, default 110, 0 to 10,000: together 160 % for events of one token,
/// 78 % for four, 64 % for eight. It takes an eviction policy with keys.
struct by_union {
  using hears = events<inventory, layer_event, admitted, evicted>;

  std::uint32_t percent = 50;
  std::uint32_t fresh = 110;

  void on(const inventory& all) {
    state_ = {all.space(), all.group_of, std::vector<group>(all.groups), 0, true};
    for (std::uint32_t flat = 0; flat < all.group_of.size(); ++flat) {
      if (!all.shape.contains(all.space().id(flat))) continue;
      group& g = state_.groups[all.group_of[flat]];
      const std::uint32_t layer = all.space().layer_of(flat);
      g.several_layers = g.several_layers || (g.layer != no_layer && g.layer != layer);
      g.layer = layer;
    }
  }
  void on(const layer_event& event) noexcept {
    const auto flat_of = state_.space.in(event.layer);
    ++state_.now;
    for (const demand& d : event.wanted) {
      group& g = group_of(flat_of(d.expert));
      if (g.event != state_.now) settle(g);
      ++g.wanted;
    }
    const group& g = group_of(flat_of(event.wanted.front().expert));
    const std::uint64_t tokens = std::max(event.tokens, 1U), room = std::uint64_t{g.room} << 16U;
    const bool large = static_cast<std::uint64_t>(g.mean) * tokens * 100 >= room * (percent * tokens + fresh);
    state_.own = g.several_layers || (room != 0 && large);
  }
  void on(const admitted& one) noexcept { ++group_of(state_.space.flat(one.expert)).held; }
  void on(const evicted& one) noexcept { --group_of(state_.space.flat(one.expert)).held; }

  /// From one event to the next it stays; before the first it is true, so that who checks learns that keys are needed.
  [[nodiscard]] bool displaces_own_event() const noexcept { return state_.own; }

  template <utility_scorer S>
  [[nodiscard]] verdict admit(const admission_scene<S>& scene) noexcept {
    if (scene.displaces) {
      group& g = group_of(state_.space.flat(scene.newcomer));
      g.room = g.held;
    }
    return state_.own ? optional{}.admit(scene) : verdict::keep;
  }

  static constexpr std::int64_t memory = 16;  ///< events; fewer follow single events, more lag behind a change of phase
  static constexpr std::uint32_t no_layer = 0xFFFF'FFFF;
  struct group {
    std::uint64_t event = 0;         ///< whose experts `wanted` counts
    std::int64_t mean = 0;           ///< experts per event, in 2^-16
    std::int64_t events = 0;         ///< in the mean, up to `memory`
    std::uint32_t wanted = 0;
    std::uint32_t held = 0;
    std::uint32_t room = 0;          ///< held when somebody last had to go; 0: never
    std::uint32_t layer = no_layer;
    bool several_layers = false;
  };
  struct counts {
    expert_space space;
    std::span<const std::uint16_t> group_of;
    std::vector<group> groups;
    std::uint64_t now = 0;           ///< events heard; the running one's number
    bool own = true;
  };
  counts state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  [[nodiscard]] group& group_of(std::uint32_t flat) noexcept { return state_.groups[state_.group_of[flat]]; }
  /// The group's last event enters the mean, and the running one starts.
  void settle(group& g) noexcept {
    if (g.event != 0) {
      g.events = std::min(g.events + 1, memory);
      g.mean += ((std::int64_t{g.wanted} << 16U) - g.mean) / g.events;
    }
    g.event = state_.now;
    g.wanted = 0;
  }
};

static_assert(admission_policy<by_union>, "by_union no longer models admission_policy");

}  // namespace moesaic::admission
