// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/eviction/lrfu.hpp>

namespace moesaic::eviction {

/// Gives up who is not in the forecast, the least used first; if all are expected, the one expected last.
///
/// Source: the rule of MoE-SpeQ (arXiv 2511.14102) for experts of drafted tokens; the fallback is ours. Worth more than any policy
/// that only remembers, as long as what is forecast is likely to be true: cut the window where confidence has fallen to 0.1 to 0.25.
/// Mechanism: of candidates that the scene's forecast does not expect, the smallest decayed use count leaves, as under lrfu.
/// Else the one whose first expected row comes last; of those, the one whose layer lies furthest ahead of the running one.
/// Cost: O(1) per use, admission and eviction; victim O(candidates), about 3 ns each. lrfu's bytes.
/// State and Ties: lrfu's; the forecast is the predictor's. Equal first row and layer: the smaller use count leaves, then the
/// lower id. It has no key: what a newcomer would be worth depends on the forecast.
/// Threads: one at a time.
/// Knobs: `half_life` of the fallback, tokens, default 32, 1 to 65,536.
///
///     eviction::forecast policy;                               // 1 and 2 are expected, 2 later than 1; 3 is not
///     policy.victim(scene) == make_expert(0, 3);               // and without 3: 2
struct forecast {
  using hears = events<inventory, layer_event, admitted, evicted>;

  std::uint32_t half_life = 32;

  void on(const inventory& all) {
    uses_ = lrfu{.half_life = half_life};
    uses_.on(all);
  }
  void on(const layer_event& event) noexcept { uses_.on(event); }
  void on(const admitted& one) noexcept { uses_.on(one); }
  void on(const evicted& one) noexcept { uses_.on(one); }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    // Who leaves first compares lowest: 0 for the unexpected, else the later the lower.
    using urgency = std::tuple<std::uint64_t, utility, expert_id>;
    std::optional<urgency> least;
    for (const expert_id e : scene.candidates) {
      std::uint64_t soon = 0;
      if (scene.expectation.expects(e)) {
        const std::uint64_t row = scene.expectation.first_row(e).count, ahead = scene.expectation.layers_until(scene.layer, e.layer);
        soon = ~(row << 32U | ahead);
      }
      const urgency its{soon, uses_.key(e), e};
      if (!least || its < *least) least = its;
    }
    if (!least) return std::nullopt;
    return std::get<expert_id>(*least);
  }

  lrfu uses_{};  ///< not a knob; public only so that the knob can be named where a bundle is written
};

static_assert(eviction_policy<forecast>, "forecast no longer models eviction_policy");

}  // namespace moesaic::eviction
