// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/eviction/lru.hpp>

namespace moesaic::eviction {

/// Least recently used, except that nobody leaves whom the plan of the running draft wants.
///
/// Source: the public successor of MoE-SpeQ (Specter, expert_cache.py): an LRU order for each layer, and experts that are predicted
/// and already resident are taken out of the victims. There they are also marked as used when the plan is made; here a use is an
/// event, so one that was planned and then not wanted is as old as it was.
/// Mechanism: lru among the candidates that are not among their layer's `slots` most expected experts (rows, then confidence, then
/// the lower id, as forecast::top). A layer's plan ends with its event, so what a demanded miss meets in its own layer is lru.
/// Where all candidates are protected nobody leaves: a prefetch is refused, a demanded expert goes through a frame.
/// Cost: O(1) per use, admission and eviction; victim O(candidates × experts expected in their layers) at worst, O(candidates)
/// without a plan. lru's bytes.
/// State and Ties: lru's. Equal last use: the lower id leaves. It has no key: what a newcomer would be worth depends
/// on the plan.
/// Threads: one at a time.
/// Knobs: `slots`, experts per layer whose plan is protected, default 0: as many as the eviction group holds.
///
///     eviction::protected_lru policy;                          // used in the order 1, 2, 3; 1 is expected
///     policy.victim(scene) == make_expert(0, 2);
struct protected_lru {
  using hears = events<inventory, layer_event, admitted, evicted>;

  std::uint32_t slots = 0;

  void on(const inventory& all) {
    uses_ = {};
    uses_.on(all);
  }
  void on(const layer_event& event) noexcept { uses_.on(event); }
  void on(const admitted& one) noexcept { uses_.on(one); }
  void on(const evicted& one) noexcept { uses_.on(one); }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    const std::uint32_t held = slots != 0 ? slots : static_cast<std::uint32_t>(scene.candidates.members().size());
    std::optional<std::tuple<utility, expert_id>> coldest;
    for (const expert_id e : scene.candidates) {
      const std::tuple its{uses_.key(e), e};
      if (coldest && *coldest < its) continue;
      if (!scene.expectation.expects(e) || scene.expectation.place(e) >= held) coldest = its;
    }
    if (!coldest) return std::nullopt;
    return std::get<expert_id>(*coldest);
  }

  lru uses_{};  ///< not a knob; public only so that the knob can be named where a bundle is written
};

static_assert(eviction_policy<protected_lru>, "protected_lru no longer models eviction_policy");

}  // namespace moesaic::eviction
