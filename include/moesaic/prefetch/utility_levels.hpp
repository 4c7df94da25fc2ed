// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/concepts/prefetch_scheduler.hpp>

namespace moesaic::prefetch {

/// Moves experts by what their layer's last event made of them: a queue for each utility level, the highest level first, and a
/// layer's entries are struck when it starts, because what comes now comes too late.
///
/// Source: MoE-SpAc (arXiv 2603.09983), multilevel queue and prefetch thread of the released code. Deviations, all of them defects
/// there: an expert stands in one queue at most once, where the code's duplicates pile up; a layer is struck from anywhere
/// in the queues, not from a contiguous front alone; an expert that finds no room stands back and lets the next try, where the
/// code's thread waits on it. That an expert is published only with all its parts is the core's and the transport's duty.
/// Mechanism: when a layer's lease has ended, its absent experts with a score above 0 join the queue of that score, in ascending
/// id. `next`: of the queues from the top down to scene.threshold, the first that is absent and has not been refused since the last
/// lease ended. Who takes room leaves the queue; who is struck, failed or withdrawn comes back after its layer has run again.
/// How many travel at once is the core's affair (it fills the longest gap between two calls of the engine).
/// Cost: O(1) a queueing, strike and question, which passes over those refused; O(experts of the layer) at the first question
/// after a lease's end; 14 bytes per expert of the model.
/// State and Ties: a score is read at the first question after the lease's end, and compared with the threshold again when its turn
/// comes. Inside a level first come, first served. worth = the scorer's score.
/// Threads: one at a time.
/// Knobs: `levels`, default 5, 1 to 255: scores above count as that.
///
///     prefetch::utility_levels scheduler{.levels = 5};
struct utility_levels {
  using hears = events<inventory, layer_event, lease_ended, admitted>;

  std::uint32_t levels = 5;

  void on(const inventory& all) {
    const std::uint32_t depth = std::clamp(levels, 1U, 255U), size = all.space().size();
    state_ = {&all.shape, depth, 1, std::vector<link>(size + depth + 1), std::vector<std::uint8_t>(size), std::vector<std::uint32_t>(size), {}};
    for (std::uint32_t i = 0; i < state_.links.size(); ++i) state_.links[i] = {i, i};
    state_.ended.reserve(all.shape.layers());
  }
  void on(const layer_event& event) noexcept {
    const auto flat_of = state_.shape->space().in(event.layer);
    for (std::uint32_t e = 0; e < state_.shape->experts(event.layer); ++e) strike(flat_of(static_cast<expert_index>(e)));
    std::erase(state_.ended, event.layer);
  }
  void on(const lease_ended& done) noexcept {
    if (++state_.round == 0) state_.round = 1;  // once in 2^32 leases somebody stands back for a lease too long
    if (std::find(state_.ended.begin(), state_.ended.end(), done.layer) == state_.ended.end()) state_.ended.push_back(done.layer);
  }
  void on(const admitted& one) noexcept { strike(state_.shape->space().flat(one.expert)); }

  template <utility_scorer S>
  [[nodiscard]] std::optional<prefetch_request> next(const scene<S>& now) noexcept {
    for (const layer_index layer : state_.ended) line_up(layer, now);
    state_.ended.clear();
    for (std::uint32_t level = state_.depth; level > 0; --level) {
      if (level < state_.depth && utility{std::int64_t{level}} < now.threshold) break;
      const std::uint32_t head = head_of(level);
      for (std::uint32_t f = state_.links[head].next; f != head; f = state_.links[f].next) {
        const expert_id e = state_.shape->space().id(f);
        const utility worth = now.scores.score(e);
        if (state_.refused[f] != state_.round && worth >= now.threshold && now.residency.absent(e)) return prefetch_request{e, worth};
      }
    }
    return std::nullopt;
  }
  void settle(const prefetch_request& request, prefetch_fate fate) noexcept {
    const std::uint32_t f = state_.shape->space().flat(request.expert);
    if (fate == prefetch_fate::no_room || fate == prefetch_fate::too_late)
      state_.refused[f] = state_.round;
    else
      strike(f);
  }

  struct link {
    std::uint32_t before, next;
  };
  struct memory {
    const model_shape* shape = nullptr;
    std::uint32_t depth = 0;
    std::uint32_t round = 1;             ///< leases ended; never 0
    std::vector<link> links;             ///< by flat index; behind them a head for each level
    std::vector<std::uint8_t> level;     ///< by flat index: the queue it stands in; 0: none
    std::vector<std::uint32_t> refused;  ///< by flat index: round in which there was no room for it
    std::vector<layer_index> ended;      ///< layers that have run and do not stand in the queues yet
  };
  memory state_{};  ///< not a knob; public only so that the knob can be named where a bundle is written

 private:
  [[nodiscard]] std::uint32_t head_of(std::uint32_t level) const noexcept { return static_cast<std::uint32_t>(state_.level.size()) + level; }
  void strike(std::uint32_t f) noexcept {
    const auto [before, next] = state_.links[f];
    state_.links[before].next = next;
    state_.links[next].before = before;
    state_.links[f] = {f, f};
    state_.level[f] = 0;
  }
  template <class S>
  void line_up(layer_index layer, const scene<S>& now) noexcept {
    const auto flat_of = state_.shape->space().in(layer);
    for (std::uint32_t i = 0; i < state_.shape->experts(layer); ++i) {
      const auto expert = static_cast<expert_index>(i);
      const expert_id e{layer, expert, {}};
      const utility worth = now.scores.score(e);
      const std::uint32_t f = flat_of(expert);
      if (worth <= utility{} || state_.level[f] != 0 || !now.residency.absent(e)) continue;
      state_.level[f] = static_cast<std::uint8_t>(std::min<std::int64_t>(worth.count, state_.depth));
      const std::uint32_t head = head_of(state_.level[f]), last = state_.links[head].before;
      state_.links[f] = {last, head};
      state_.links[last].next = state_.links[head].before = f;
    }
  }
};

static_assert(prefetch_scheduler<utility_levels>, "utility_levels no longer models prefetch_scheduler");

}  // namespace moesaic::prefetch
