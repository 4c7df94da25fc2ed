// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/concepts/prefetch_scheduler.hpp>

namespace moesaic::prefetch {

/// Walks ahead layer by layer, and moves the surest missing expert of the first layer that lacks an expected one.
///
/// Source: AdapMoE (arXiv 2408.10284): one missing expert at a time, and where the next layer lacks nothing, the layer behind it;
/// HOBBIT (2411.01433) walks likewise and loads all that the layer lacks. Deviation from both: a transfer that no link could bring before
/// its layer starts is asked for all the same, as there; only a layer under lease is too late.
/// Mechanism: layers 1 to `horizon` ahead of the one that runs; in the first that has an expected, absent, not vainly tried expert at or
/// above the scene's threshold, the one with the highest confidence.
/// Cost: O(experts expected up to that layer); 4 bytes per expert of the model.
/// State and Ties: what became of its requests since the last event; one that got no room, came too late, failed or was withdrawn is not
/// asked for again before the next. Equal confidence: the lower id. worth = the scorer's score.
/// Threads: one at a time.
/// Knobs: `horizon`, layers, default 3, at least 1. `in_flight`, transfers, default 1, at least 1.
///
///     prefetch::nearest_missing scheduler{.horizon = 3};
struct nearest_missing {
  using hears = events<inventory, layer_event>;

  std::uint32_t horizon = 3;
  std::uint32_t in_flight = 1;

  void on(const inventory& all) { state_ = {all.space(), all.shape.layers(), std::vector<std::uint32_t>(all.space().size()), 1}; }
  void on(const layer_event&) noexcept {
    if (++state_.round != 0) return;
    std::fill(state_.tried.begin(), state_.tried.end(), 0U);  // once in 2^32 events
    state_.round = 1;
  }
  template <utility_scorer S>
  [[nodiscard]] std::optional<prefetch_request> next(const scene<S>& now) const noexcept {
    if (now.link.in_flight >= in_flight) return std::nullopt;
    for (std::uint32_t ahead = 1; ahead <= std::min(horizon, state_.layers); ++ahead) {
      const auto layer = static_cast<layer_index>((number(now.layer) + ahead) % state_.layers);
      std::optional<prefetch_request> best;
      for (const expert_index expected : now.expectation.expected(layer)) {
        const expert_id e{layer, expected, {}};
        if (state_.tried[state_.space.flat(e)] == state_.round || !now.residency.absent(e)) continue;
        const prefetch_request candidate{e, now.scores.score(e)};
        if (candidate.worth < now.threshold) continue;
        const utility sure = now.expectation.confidence(e);
        if (best && (sure < now.expectation.confidence(best->expert) || (sure == now.expectation.confidence(best->expert) && e > best->expert))) continue;
        best = candidate;
      }
      if (best) return best;
    }
    return std::nullopt;
  }
  void settle(const prefetch_request& request, prefetch_fate fate) noexcept {
    if (fate != prefetch_fate::submitted && fate != prefetch_fate::arrived) state_.tried[state_.space.flat(request.expert)] = state_.round;
  }

  struct memory {
    expert_space space;
    std::uint32_t layers = 0;
    std::vector<std::uint32_t> tried;
    std::uint32_t round = 0;
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written
};

static_assert(prefetch_scheduler<nearest_missing>, "nearest_missing no longer models prefetch_scheduler");

}  // namespace moesaic::prefetch
