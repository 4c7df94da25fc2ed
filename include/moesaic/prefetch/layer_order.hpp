// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/concepts/prefetch_scheduler.hpp>

namespace moesaic::prefetch {

/// Says how many layers of the coming pass are worth prefetching while a draft is made: the first so many. It may hear inventory
/// and step_outcome. Equal history and scene, equal answers. Cost: O(1).
template <class C>
concept layer_cutoff = listener<C> && requires(const C& rule, const scene<archetype::scorer>& now) {
  { rule.layers(now) } noexcept -> std::same_as<std::uint32_t>;
};

/// Moves what is expected in the first layers, in layer order, a batch at a time, and nothing of the layers behind the cutoff.
///
/// Source: SP-MoE (arXiv 2510.10302), the prefetch worker: it runs while the draft is made, takes several tasks at once, submits
/// them as one, and leaves layers behind the cutoff to the verification, because prefetching deeper thrashes and keeps the link
/// from demands. Deviations: the worker is no thread, the core asks whenever the link idles, also while layers are verified; and
/// what runs or is pinned is never displaced, on which the paper is silent.
/// Mechanism: of the layers 0 to cutoff - 1, first the lowest layer, in it who was named first; only absent ones, not below
/// the scene's threshold, not tried in vain since the last event. A batch begins when the one before has arrived whole.
/// Cost: O(experts expected below the cutoff) per question; 4 bytes per expert of the model.
/// State and Ties: what became of its requests since the last event; how many of the batch were taken and how many travel. Order as
/// above. worth = the scorer's score.
/// Threads: one at a time.
/// Knobs: `cutoff`, one of static_cutoff, analytic_cutoff, profiled_cutoff; `batch`, transfers, default 4, at least 1.
///
///     prefetch::layer_order<prefetch::static_cutoff> scheduler{.cutoff = {.most = 3}};
template <layer_cutoff Cutoff>
struct layer_order {
  using hears = events<inventory, layer_event, step_outcome>;

  Cutoff cutoff{};
  std::uint32_t batch = 4;

  void on(const inventory& all) {
    state_ = {all.space(), all.shape.layers(), 1, std::vector<std::uint32_t>(all.space().size()), 0, 0};
    tell(cutoff, all);
  }
  void on(const layer_event&) noexcept {
    if (++state_.round != 0) return;
    std::fill(state_.tried.begin(), state_.tried.end(), 0U);  // once in 2^32 events
    state_.round = 1;
  }
  void on(const step_outcome& outcome) noexcept { tell(cutoff, outcome); }

  template <utility_scorer S>
  [[nodiscard]] std::optional<prefetch_request> next(const scene<S>& now) const noexcept {
    if (state_.taken >= std::max(batch, 1U)) return std::nullopt;
    const std::uint32_t end = std::min(cutoff.layers(now), state_.layers);
    for (std::uint32_t l = 0; l < end; ++l)
      for (const expert_index expected : now.expectation.expected(static_cast<layer_index>(l))) {
        const expert_id e{static_cast<layer_index>(l), expected, {}};
        if (state_.tried[state_.space.flat(e)] == state_.round || !now.residency.absent(e)) continue;
        const utility worth = now.scores.score(e);
        if (worth >= now.threshold) return prefetch_request{e, worth};
      }
    return std::nullopt;
  }
  void settle(const prefetch_request& request, prefetch_fate fate) noexcept {
    if (fate == prefetch_fate::submitted) {
      ++state_.taken;
      ++state_.travelling;
      return;
    }
    if (fate == prefetch_fate::arrived || fate == prefetch_fate::failed || fate == prefetch_fate::withdrawn)
      if (state_.travelling != 0 && --state_.travelling == 0) state_.taken = 0;
    if (fate != prefetch_fate::arrived) state_.tried[state_.space.flat(request.expert)] = state_.round;
  }

  struct memory {
    expert_space space;
    std::uint32_t layers = 0;
    std::uint32_t round = 1;           ///< of this event; never 0
    std::vector<std::uint32_t> tried;  ///< round in which a request for the expert came to nothing
    std::uint32_t taken = 0;           ///< submitted in this batch
    std::uint32_t travelling = 0;      ///< of these, not arrived
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written
};

namespace detail {
/// The smallest cutoff there is.
struct first_layer {
  using hears = events<>;
  template <utility_scorer S>
  [[nodiscard]] std::uint32_t layers(const scene<S>&) const noexcept {
    return 1;
  }
};
}  // namespace detail
static_assert(prefetch_scheduler<layer_order<detail::first_layer>>, "layer_order no longer models prefetch_scheduler");

}  // namespace moesaic::prefetch
