// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/eviction/lru.hpp>

namespace moesaic::eviction {

/// Gives up the expert that the fewest of the next tokens are expected to use.
///
/// Source: SCH-m of arXiv 2505.16056, by the scene's forecast instead of the future. On recorded routing it loses to `forecast`
/// for every number of tokens, because a count forgets who comes first; the longer the window, the more.
/// Mechanism: the fewest expected rows among the next `tokens`; of equals, the one whose last use lies furthest back.
/// Cost: O(1) per use, admission and eviction; victim O(candidates), about 2 ns each. lru's bytes.
/// State and Ties: lru's; the forecast is the predictor's. Equal rows and last use: the lower id leaves. It has no key: what a
/// newcomer would be worth depends on the forecast.
/// Threads: one at a time.
/// Knobs: `tokens`, default 16, 1 to 64 (the longest forecast there is).
///
///     eviction::look_ahead policy;                             // 1 is expected in one of the next tokens, 2 in two
///     policy.victim(scene) == make_expert(0, 1);
struct look_ahead {
  using hears = events<inventory, layer_event, admitted, evicted>;

  std::uint32_t tokens = 16;

  void on(const inventory& all) {
    uses_ = {};
    uses_.on(all);
  }
  void on(const layer_event& event) noexcept { uses_.on(event); }
  void on(const admitted& one) noexcept { uses_.on(one); }
  void on(const evicted& one) noexcept { uses_.on(one); }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    using rank = std::tuple<std::uint32_t, utility, expert_id>;
    std::optional<rank> least;
    for (const expert_id e : scene.candidates) {
      const rank its{scene.expectation.row_count(e, {tokens}), uses_.key(e), e};
      if (!least || its < *least) least = its;
    }
    if (!least) return std::nullopt;
    return std::get<expert_id>(*least);
  }

  lru uses_{};  ///< not a knob; public only so that the knob can be named where a bundle is written
};

static_assert(eviction_policy<look_ahead>, "look_ahead no longer models eviction_policy");

}  // namespace moesaic::eviction
