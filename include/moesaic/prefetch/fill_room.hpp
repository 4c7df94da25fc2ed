// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/prefetch_scheduler.hpp>

namespace moesaic::prefetch {

/// Brings experts in order of layer, from the last to the first, while room is free; once. What a static placement loads, and what lets
/// a model that fits be read at the link's speed instead of one by one as its experts are first wanted.
///
/// Source: llama.cpp's --n-cpu-moe N: the experts of the first N layers stay in host memory, those of the others are on the device.
/// As there they are loaded before the first token where the engine waits for that (`residency::pump_until_quiet`; moesaic-decode does);
/// elsewhere an idle link brings them, from the first question on.
/// Mechanism: a walk over all experts, last layer first, lower ids first. One that is there, or below the scene's threshold, is passed over; the layer that
/// runs is left for later, one that came too late or was withdrawn is tried again. The first of an eviction group that gets no room, and the first that has
/// to leave it, end the walk for that group: who is merely next in a list displaces nobody who has been wanted.
/// Cost: O(1) per request, O(experts) over all; 8 bytes per layer, 1 per eviction group.
/// State and Ties: how far the walk is, which groups are full, and whether an event has been. worth = the scorer's score; it chooses nothing.
/// Threads: one at a time.
/// Knobs: `in_flight`, transfers, default 4, at least 1.
///
///     prefetch::fill_room scheduler{};
struct fill_room {
  using hears = events<inventory, layer_event, evicted>;

  std::uint32_t in_flight = 4;

  void on(const inventory& all) {
    state_ = {&all.shape, all.group_of, std::vector<std::uint32_t>(all.shape.layers()), std::vector<std::uint8_t>(all.groups), all.groups, all.shape.layers()};
  }
  void on(const layer_event&) noexcept { state_.begun = true; }
  void on(const evicted& one) noexcept {
    if (one.expert != state_.withdrawn) state_.set_full(one.expert, true);
  }

  template <utility_scorer S>
  [[nodiscard]] std::optional<prefetch_request> next(const scene<S>& now) const noexcept {
    if (now.link.in_flight >= in_flight || state_.groups_open == 0) return std::nullopt;
    for (std::uint32_t l = state_.open; l-- > 0;) {
      const auto layer = static_cast<layer_index>(l);
      if (layer == now.layer && state_.begun && state_.next.size() > 1) continue;  // may be under lease
      for (std::uint32_t e = state_.next[l]; e < state_.shape->experts(layer); ++e)
        if (const utility worth = now.scores.score(make_expert(l, e));
            !state_.is_full(make_expert(l, e)) && now.residency.absent(make_expert(l, e)) && worth >= now.threshold)
          return prefetch_request{make_expert(l, e), worth};
    }
    return std::nullopt;
  }
  void settle(const prefetch_request& request, prefetch_fate fate) noexcept {
    const std::uint32_t l = number(request.expert.layer);
    if (fate == prefetch_fate::submitted || fate == prefetch_fate::already_there)
      state_.next[l] = std::max(state_.next[l], number(request.expert.expert) + 1);
    else if (fate == prefetch_fate::no_room)
      state_.set_full(request.expert, true);
    else if (fate == prefetch_fate::failed)
      state_.set_full(request.expert, false);  // it had room, and gave it back
    else if (fate == prefetch_fate::withdrawn || fate == prefetch_fate::too_late) {  // once more; what cannot be read would fail for ever
      state_.withdrawn = request.expert;
      state_.next[l] = std::min(state_.next[l], number(request.expert.expert));
      state_.open = std::max(state_.open, l + 1);
    }
    while (state_.open > 0 && state_.next[state_.open - 1] >= state_.shape->experts(static_cast<layer_index>(state_.open - 1))) --state_.open;
  }

  struct memory {
    const model_shape* shape = nullptr;
    std::span<const std::uint16_t> group_of{};
    std::vector<std::uint32_t> next;  ///< of each layer: the first expert not taken up
    std::vector<std::uint8_t> full;   ///< of each eviction group
    std::uint32_t groups_open = 0;    ///< that are not full
    std::uint32_t open = 0;           ///< layers from here on are done
    bool begun = false;               ///< some layer runs
    expert_id withdrawn = make_expert(~0U, ~0U);  ///< the last that was: it leaves because the link was needed, not the room

    [[nodiscard]] std::uint32_t group(expert_id e) const noexcept { return group_of.empty() ? 0 : group_of[shape->space().flat(e)]; }
    [[nodiscard]] bool is_full(expert_id e) const noexcept { return full[group(e)] != 0; }
    void set_full(expert_id e, bool now) noexcept {
      std::uint8_t& before = full[group(e)];
      if ((before != 0) == now) return;
      before = now ? 1 : 0;
      groups_open = now ? groups_open - 1 : groups_open + 1;
    }
  };
  memory state_{};  ///< not a knob; public only so that the knob can be named where a bundle is written
};

static_assert(prefetch_scheduler<fill_room>, "fill_room no longer models prefetch_scheduler");

}  // namespace moesaic::prefetch
