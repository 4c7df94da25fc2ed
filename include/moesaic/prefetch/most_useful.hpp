// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include <moesaic/concepts/prefetch_scheduler.hpp>

namespace moesaic::prefetch {

/// Moves the expected expert that is most surely wanted, as long as the link can bring it before its layer starts.
///
/// Source: ours; the byte budget (bandwidth * time until needed) is the one idea that MoE-SpeQ, SP-MoE and ProMoE share.
/// Mechanism: of the experts that the forecast names for the next `horizon` layers, those that are absent, not below the
/// scene's threshold, not tried in vain since the last event, and in time:
///
///     overhead + (bytes travelling + its bytes) / rate  <=  layers until its event * time per layer
///
/// The one with the highest confidence goes; then the higher score, the nearer layer, the lower id. While the time per layer is
/// unknown (0), everything counts as in time and `in_flight` alone limits.
/// Cost: O(experts expected in `horizon` layers) per question; 4 bytes per expert of the model.
/// State and Ties: what became of its requests since the last event: one that got no room, came too late, failed or was
/// withdrawn is not asked for again before the next event. Ties as above. worth = the scorer's score.
/// Threads: one at a time.
/// Knobs: `in_flight`, transfers, default 4, at least 1: no request while that many travel, whoever asked for them; deeper
/// queues delay the next miss. `horizon`, layers, default 2, at least 1 (cut to the model's layers): further ahead forecasts
/// are wrong and slots are taken from what is needed sooner.
///
///     prefetch::most_useful scheduler{.in_flight = 4, .horizon = 2};
struct most_useful {
  using hears = events<inventory, layer_event>;

  std::uint32_t in_flight = 4;
  std::uint32_t horizon = 2;

  void on(const inventory& all) {
    state_.space = all.space();
    state_.layers = all.shape.layers();
    state_.tried.assign(all.space().size(), 0);
    state_.round = 1;
  }
  void on(const layer_event&) noexcept {
    if (++state_.round != 0) return;
    std::fill(state_.tried.begin(), state_.tried.end(), 0U);  // once in 2^32 events
    state_.round = 1;
  }

  template <utility_scorer S>
  [[nodiscard]] std::optional<prefetch_request> next(const scene<S>& now) const noexcept {
    if (now.link.in_flight >= in_flight) return std::nullopt;
    std::optional<prefetch_request> best;
    utility surest{};
    const std::uint32_t reach = std::min(horizon, state_.layers);
    for (std::uint32_t ahead = 1; ahead <= reach; ++ahead) {
      const auto layer = static_cast<layer_index>((number(now.layer) + ahead) % state_.layers);
      for (const expert_index expected : now.expectation.expected(layer)) {
        const expert_id e{layer, expected, {}};
        if (state_.tried[state_.space.flat(e)] == state_.round || !now.residency.absent(e)) continue;
        const prefetch_request candidate{e, now.scores.score(e)};
        if (candidate.worth < now.threshold || !in_time(now, e, ahead)) continue;
        const utility confidence = now.expectation.confidence(e);
        // Layers are visited nearest first, so an equal one of a later layer never replaces.
        const bool better = !best || std::tuple(confidence, candidate.worth) > std::tuple(surest, best->worth) ||
                            (confidence == surest && candidate.worth == best->worth && e.layer == best->expert.layer && e.expert < best->expert.expert);
        if (!better) continue;
        best = candidate;
        surest = confidence;
      }
    }
    return best;
  }
  void settle(const prefetch_request& request, prefetch_fate fate) noexcept {
    if (fate != prefetch_fate::submitted && fate != prefetch_fate::arrived) state_.tried[state_.space.flat(request.expert)] = state_.round;
  }

  struct memory {
    expert_space space;
    std::uint32_t layers = 0;
    std::uint32_t round = 1;           ///< of this event; never 0
    std::vector<std::uint32_t> tried;  ///< round in which a request for the expert came to nothing
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  template <class S>
  [[nodiscard]] static bool in_time(const scene<S>& now, expert_id e, std::uint32_t layers_ahead) noexcept {
    if (now.layer_time.count <= 0) return true;
    const std::int64_t takes = now.link.time_for(now.link.travelling + now.residency.size_of(e)).count;
    // Divided, because a clock that leaps leaves no room for a product.
    const std::int64_t for_each = takes / layers_ahead;
    return for_each < now.layer_time.count || (for_each == now.layer_time.count && takes % layers_ahead == 0);
  }
};

static_assert(prefetch_scheduler<most_useful>, "most_useful no longer models prefetch_scheduler");

}  // namespace moesaic::prefetch
