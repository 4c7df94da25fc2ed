// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/prefetch_scheduler.hpp>

namespace moesaic::prefetch {

/// Prefetches for a draft in three phases: wait for its first tokens, then plan as often as drafting hides what was planned, then
/// bring all that is still missing.
///
/// Source: MoE-SpeQ (arXiv 2511.14102, 3.3.2) names the phases (priming, bandwidth-guided prefetch, saturation) and no numbers; the numbers
/// and the second phase are its public successor's (Specter, prefetch_planner.py): initial fraction 0.2, bandwidth prior 12 GB/s,
/// draft time prior 1 ms, smoothing 0.25. The third phase is the paper's; Specter stops planning instead (`saturate` 0).
/// Mechanism: prime: nothing, until a share `initial` of the longest draft is there, at least one token. Overlap: the plan is each
/// layer's `slots` most expected experts; those of them that are absent move, in layer order. The next plan is due after
///
///     max(1, ceil(bytes of the plan / bandwidth / draft time))  further tokens,
///
/// both smoothed over what the link reports and the drafter took; never at the last token, and none follows once every layer's
/// plan was full. Saturate: when the draft is over and something is verified, everything expected and absent, in layer order,
/// each layer's most expected first. A layer's part of a plan ends with its event. Deviations: bandwidth is the link's own estimate
/// (the transport is the only clock), not timed by events; the core may hold a request back while demanded experts travel.
/// Cost: a plan O(experts of the model + experts expected × slots); a question O(what is planned and not done). 10 bytes per expert.
/// State and Ties: the plan, each expert in it at most once: what got no room, came too late or failed is not asked for again
/// before the next plan. Ties as forecast::top: rows, confidence, the lower id. worth = the scorer's score.
/// Threads: one at a time.
/// Knobs: `initial`, percent, default 20. `bandwidth`, MB/s, default 12000, and `draft_time`, microseconds, default 1000: before
/// anything is measured. `smoothing`, percent, default 25: weight of the newest measurement. `slots`, experts per layer, default 0: as
/// many as the layer holds, at least its top-k. `saturate`, 1 or 0, default 1.
///
///     prefetch::three_phases scheduler{.saturate = 0};         // as Specter has it
struct three_phases {
  using hears = events<inventory, layer_event, draft_started, token_drafted, draft_ended>;

  std::uint32_t initial = 20;
  std::uint32_t bandwidth = 12'000;
  std::uint32_t draft_time = 1'000;
  std::uint32_t smoothing = 25;
  std::uint32_t slots = 0;
  std::uint32_t saturate = 1;

  void on(const inventory& all) {
    state_ = {};
    state_.shape = &all.shape;
    state_.rate = std::uint64_t{bandwidth} * 1'000'000;
    state_.token_time = microseconds(draft_time);
    state_.plan.reserve(all.shape.expert_count());
    state_.best.resize(all.shape.widest_layer());
  }
  void on(const draft_started& draft) noexcept {
    state_.longest = draft.longest.count;
    state_.drafted = 0;
    state_.plan_at = first_plan(state_.longest);
    state_.planning = true;
    state_.due = wanted::nothing;
    state_.plan.clear();
  }
  void on(const token_drafted& token) noexcept {
    state_.drafted = token.drafted.count;
    constexpr std::int64_t longest = 1'000'000'000'000'000;  // eleven days; percents of it still fit 64 bits
    state_.token_time = {smoothed(state_.token_time.count, std::clamp<std::int64_t>(token.took.count, 0, longest))};
    if (!state_.planning || state_.drafted < state_.plan_at) return;
    if (state_.drafted >= state_.longest)
      state_.planning = false;
    else
      state_.due = wanted::most_expected;
  }
  void on(const draft_ended& draft) noexcept {
    state_.planning = false;
    state_.due = draft.verified.count != 0 && saturate != 0 ? wanted::everything : wanted::nothing;
    if (draft.verified.count == 0) state_.plan.clear();
  }
  void on(const layer_event& event) noexcept {
    std::erase_if(state_.plan, [&](expert_id e) { return e.layer == event.layer; });
  }

  template <utility_scorer S>
  [[nodiscard]] std::optional<prefetch_request> next(const scene<S>& now) noexcept {
    if (state_.due != wanted::nothing) make_plan(now);
    for (const expert_id e : state_.plan) {
      if (!now.expectation.expects(e) || !now.residency.absent(e)) continue;
      if (const utility worth = now.scores.score(e); worth >= now.threshold) return prefetch_request{e, worth};
    }
    return std::nullopt;
  }
  void settle(const prefetch_request& request, prefetch_fate fate) noexcept {
    if (fate != prefetch_fate::arrived) std::erase(state_.plan, request.expert);
  }

  /// After how many tokens of a draft of at most `longest` the first plan is made.
  [[nodiscard]] constexpr std::uint32_t first_plan(std::uint32_t longest) const noexcept {
    return std::max(1U, static_cast<std::uint32_t>(std::uint64_t{longest} * initial / 100));
  }
  /// How many drafted tokens hide moving so many bytes, by what has been measured.
  [[nodiscard]] std::uint32_t tokens_to_hide(bytes moving) const noexcept {
    return tokens_to_hide(moving, {static_cast<double>(state_.rate)}, state_.token_time);
  }
  [[nodiscard]] static constexpr std::uint32_t tokens_to_hide(bytes moving, bytes_per_second rate, nanoseconds token) noexcept {
    const std::int64_t each = std::max<std::int64_t>(token.count, 1), move = duration_of(moving, rate).count;
    const std::int64_t tokens = move / each + (move % each != 0 ? 1 : 0);
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(tokens, 1, 0xFFFF'FFFF));
  }

  enum class wanted : std::uint8_t { nothing, most_expected, everything };
  struct memory {
    const model_shape* shape = nullptr;
    std::uint64_t rate = 0;         ///< smoothed, bytes a second
    nanoseconds token_time{};       ///< smoothed
    std::uint32_t longest = 0, drafted = 0;
    std::uint32_t plan_at = 0;      ///< drafted tokens at which the next plan is due
    bool planning = false;          ///< there may be a further plan in this draft
    wanted due = wanted::nothing;   ///< a plan that the next question makes
    std::vector<expert_id> plan;    ///< in the order in which it moves
    std::vector<expert_index> best; ///< room for one layer's
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  template <class Number>
  [[nodiscard]] Number smoothed(Number before, Number measured) const noexcept {
    return static_cast<Number>((before * static_cast<Number>(100 - smoothing) + measured * static_cast<Number>(smoothing)) / 100);
  }
  /// How many experts of the layer have room of their own.
  template <class S>
  [[nodiscard]] std::size_t held(const scene<S>& now, layer_index layer) const noexcept {
    std::size_t there = 0;
    for (std::uint32_t e = 0; e < state_.shape->experts(layer); ++e) there += now.residency.absent({layer, static_cast<expert_index>(e), {}}) ? 0U : 1U;
    return std::max<std::size_t>(there, state_.shape->top_k(layer));
  }
  template <class S>
  void make_plan(const scene<S>& now) noexcept {
    const bool all = state_.due == wanted::everything;
    state_.due = wanted::nothing;
    state_.plan.clear();
    bytes moving{};
    bool full = true;
    for (std::uint32_t l = 0; l < state_.shape->layers(); ++l) {
      const auto layer = static_cast<layer_index>(l);
      const std::size_t most = all ? state_.best.size() : std::min(slots != 0 ? std::size_t{slots} : held(now, layer), state_.best.size());
      const std::span<const expert_index> chosen = now.expectation.top(layer, std::span(state_.best).first(most));
      full = full && chosen.size() == most;
      for (const expert_index e : chosen) {
        const expert_id id{layer, e, {}};
        if (!now.residency.absent(id)) continue;
        state_.plan.push_back(id);
        moving += now.residency.size_of(id);
      }
    }
    if (all) return;
    measure(now.link, moving);
    state_.plan_at = static_cast<std::uint32_t>(std::min<std::uint64_t>(state_.longest, std::uint64_t{state_.drafted} + tokens_to_hide(moving)));
    if (full || state_.plan_at == state_.longest) state_.planning = false;
  }
  /// The rate at which the link says that it moves so much, its overhead for each transfer included.
  void measure(const link_view& link, bytes moving) noexcept {
    const auto transfers = static_cast<std::int64_t>(state_.plan.size());
    const nanoseconds took = duration_of(moving, link.rate);
    if (moving.count == 0 || took == nanoseconds::highest()) return;
    const double seconds = (static_cast<double>(took.count) + static_cast<double>(link.overhead.count) * static_cast<double>(transfers)) / 1e9;
    if (!(seconds > 0)) return;
    constexpr double fastest = 1e15;  // beyond it nothing waits for a link, and percents of it still fit 64 bits
    state_.rate = std::max<std::uint64_t>(1, smoothed(state_.rate, static_cast<std::uint64_t>(std::min(static_cast<double>(moving.count) / seconds, fastest))));
  }
};

static_assert(prefetch_scheduler<three_phases>, "three_phases no longer models prefetch_scheduler");
static_assert(three_phases{}.first_plan(16) == 3 && three_phases{}.first_plan(8) == 1 && three_phases{}.first_plan(2) == 1);

}  // namespace moesaic::prefetch
