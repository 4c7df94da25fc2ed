// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include <moesaic/concepts/utility_scorer.hpp>
#include <moesaic/core/hysteresis_step.hpp>

namespace moesaic::scoring {

/// Finds an expert worth a small number that follows, slowly, how many tokens of a verified window it serves: quick changes of
/// routing do not move it, lasting ones do.
///
/// Source: MoE-SpAc (arXiv 2603.09983), the "speculative utility estimator" as its released code has it. Drafted tokens count
/// whether they are accepted or not: the target has routed them, and that is the signal. Deviations: the code's estimator is a
/// thread with one buffer and one flag, so a late one loses a layer or books it on the next; here each layer has counts of its
/// own. Prefills teach nothing (their counts are hundreds), and an expert is not worthless between its use and its next score.
/// Mechanism: for each event that is no prefill, a = tokens routed to the expert, its state s in 0 to `top` moves by at most one:
///
///     a >= s + up:    s + 1, at most top        (worth more than it is held for, clearly)
///     a <= s - down:  s - 1
///
/// A constant a leads from below to a - up + 1, from above to a + down - 1, within 0 to top. Off the critical path: an event's
/// counts are only written down, inside `acquire`; states move when its lease ends, after the layer's last expert has run.
/// Cost: O(experts of the event) inside `acquire`; O(experts of the layer) at the lease's end; O(1) a score. 8 bytes per expert.
/// State and Ties: one integer per expert, whoever is resident. During an event its layer's scores are those of the pass before.
/// An event whose end nobody tells moves states when its layer comes again.
/// Threads: one at a time.
/// Knobs: `top`, default 5. `up`, tokens, default 5, and `down`, default 1, at least 1 each. They are counts, not shares: made for
/// nine tokens in a window. With fewer than `up` nothing is ever worth more than 0.
///
///     scoring::hysteresis scores{.top = 5, .up = 5, .down = 1};
struct hysteresis {
  using hears = events<inventory, layer_event, lease_ended>;

  std::uint32_t top = 5;
  std::uint32_t up = 5;
  std::uint32_t down = 1;

  /// Where a state goes when `tokens` tokens used its expert.
  [[nodiscard]] constexpr std::uint32_t moved(std::uint32_t state, std::uint32_t tokens) const noexcept {
    return hysteresis_step{top, up, down}.moved(state, tokens);
  }

  void on(const inventory& all) { state_ = {&all.shape, std::vector<one>(all.space().size()), std::vector<std::uint8_t>(all.shape.layers())}; }
  void on(const layer_event& event) noexcept {
    if (event.during == phase::prefill) return;
    move(event.layer);
    const auto flat_of = state_.shape->space().in(event.layer);
    for (const demand& d : event.wanted) state_.experts[flat_of(d.expert)].tokens = d.tokens;
    state_.counted[number(event.layer)] = 1;
  }
  void on(const lease_ended& done) noexcept { move(done.layer); }

  [[nodiscard]] utility score(expert_id e) const noexcept { return {std::int64_t{state_.experts[state_.shape->space().flat(e)].worth}}; }

  struct one {
    std::uint32_t worth = 0;
    std::uint32_t tokens = 0;  ///< of the layer's event that has not moved it yet
  };
  struct memory {
    const model_shape* shape = nullptr;
    std::vector<one> experts;
    std::vector<std::uint8_t> counted;  ///< by layer: there are tokens that have not moved anyone
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  void move(layer_index layer) noexcept {
    if (state_.counted[number(layer)] == 0) return;
    state_.counted[number(layer)] = 0;
    const auto flat_of = state_.shape->space().in(layer);
    for (std::uint32_t e = 0; e < state_.shape->experts(layer); ++e) {
      one& its = state_.experts[flat_of(static_cast<expert_index>(e))];
      its = {moved(its.worth, its.tokens), 0};
    }
  }
};

static_assert(utility_scorer<hysteresis>, "hysteresis no longer models utility_scorer");

}  // namespace moesaic::scoring
