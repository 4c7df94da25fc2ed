// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/drafter.hpp>
#include <moesaic/sim/null_model.hpp>

namespace moesaic::sim {

/// How good a drafter on paper is.
struct drafter_quality {
  double acceptance = 0.8;  ///< probability that a drafted token is the right one, given that those before it were
  double fidelity = 0.9;    ///< probability that a drafted route names the expert that the target will use; else it names any other
  bool routes = true;       ///< it routes like the target, and tells; else it proposes tokens only
  provenance from = provenance::draft_router;  ///< what it says its routes are; predictors take the kind they are made for
  /// Texts change: if not 0, after so many tokens `acceptance_after` holds, for as many, and so on in turn.
  std::uint32_t phase = 0;
  double acceptance_after = 0;
  double claims = -1;       ///< the probability that it says of each token; below 0: `acceptance`

  /// What holds for the token at a place of the text.
  [[nodiscard]] double acceptance_at(std::uint32_t place) const noexcept { return phase != 0 && place / phase % 2 == 1 ? acceptance_after : acceptance; }
};

/// Proposes the tape's own next tokens, as well as it is told to: each is right with probability `acceptance`, and behind a
/// wrong one all are wrong. Before it proposes the token behind row i of the window, it has run row i, and tells how it
/// routed there: the routes that the target will find, each expert right with probability `fidelity`.
/// Chance belongs to the token, not to the run (fixed_chance), so any two systems face the same drafts.
/// Cost: O(layers × top-k) per token. One thread at a time.
template <transports::hand_held Clock>
class synthetic_drafter {
 public:
  synthetic_drafter(const routing_tape& tape, const machine& costs, Clock& clock, lane_times& worked, drafter_quality quality, fixed_chance chance)
      : tape_(&tape), costs_(&costs), clock_(&clock), worked_(&worked), quality_(quality), chance_(chance) {}

  /// As null_model::begins_at.
  void begins_at(std::uint32_t place) noexcept { begins_ = place; }

  result<void> committed(std::span<const token_id> tokens) {
    if (!tokens.empty()) last_ = static_cast<std::uint32_t>(tokens.back());
    drafted_ = 0;
    right_ = true;
    return {};
  }

  result<std::optional<drafted_token>> next() {
    return next([](const hint&) noexcept {});
  }
  /// The same; `told` hears each layer's routes when that layer has been drafted: of L layers, after its share of the time.
  template <class Told>
  result<std::optional<drafted_token>> next(Told&& told) {
    const std::uint32_t row = last_ + drafted_;
    hints_.clear();
    if (row >= tape_->tokens()) return std::optional<drafted_token>();
    const nanoseconds takes = costs_->draft ? (*costs_->draft)(drafted_ + 1) : nanoseconds{};
    worked_->drafting += takes;
    if (quality_.routes) tell(row);
    nanoseconds spent{};
    for (const hint& revealed : hints_) {
      const nanoseconds until{takes.count / tape_->shape().layers * (number(revealed.layer) + 1)};
      clock_->advance(until - spent);
      spent = until;
      told(revealed);
    }
    clock_->advance(takes - spent);
    ++drafted_;
    right_ = right_ && chance_.holds(quality_.acceptance_at(row + 1), 2, row + 1);
    const token_id token = right_ ? static_cast<token_id>(row + 1) : told::wrong(row + 1);
    const double says = quality_.claims < 0 ? quality_.acceptance_at(row + 1) : quality_.claims;
    return std::optional(drafted_token{token, static_cast<float>(says), {}});
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return hints_; }

 private:
  /// Row `place` of the tape, or whatever the target would route a wrong token like.
  void tell(std::uint32_t place) {
    const std::uint32_t source = right_ ? place : chance_.stray(place, begins_);
    const trace::dimensions& shape = tape_->shape();
    ids_.clear();
    ids_.reserve(shape.row());  // once: the hints look into it
    for (std::uint32_t l = 0; l < shape.layers; ++l) {
      const auto layer = static_cast<layer_index>(l);
      const std::size_t from = ids_.size();
      const std::span<const expert_index> truth = tape_->routes(source, layer);
      for (std::uint32_t i = 0; i < truth.size(); ++i) {
        const std::uint64_t which = (std::uint64_t{place} * shape.layers + l) * shape.top_k + i;
        if (number(truth[i]) >= shape.experts) continue;
        expert_index told = truth[i];
        if (!chance_.holds(quality_.fidelity, 3, which)) told = static_cast<expert_index>(chance_.draw(4, which) % shape.experts);
        if (std::find(ids_.begin() + static_cast<std::ptrdiff_t>(from), ids_.end(), told) == ids_.end()) ids_.push_back(told);
      }
      if (ids_.size() == from) continue;
      hints_.push_back({quality_.from, layer, {drafted_}, std::span<const expert_index>(ids_).subspan(from), {}, {}});
    }
  }

  const routing_tape* tape_;
  const machine* costs_;
  Clock* clock_;
  lane_times* worked_;
  drafter_quality quality_;
  fixed_chance chance_;
  std::vector<expert_index> ids_;
  std::vector<hint> hints_;
  std::uint32_t last_ = 0;
  std::uint32_t drafted_ = 0;
  std::uint32_t begins_ = 0;
  bool right_ = true;
};

static_assert(telling_drafter<synthetic_drafter<transports::simulated<>>>, "synthetic_drafter no longer models drafter");

}  // namespace moesaic::sim
