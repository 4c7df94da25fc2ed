// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/moe_model.hpp>
#include <moesaic/sim/early_gates.hpp>
#include <moesaic/sim/machine.hpp>
#include <moesaic/sim/routing_tape.hpp>
#include <moesaic/sim/told_tokens.hpp>
#include <moesaic/transport/hand_held.hpp>

namespace moesaic::sim {

/// Time that the lanes of a machine have worked.
struct lane_times {
  nanoseconds device{};    ///< the device: dense parts and experts
  nanoseconds drafting{};
  nanoseconds host{};      ///< the host's experts
  nanoseconds awaited{};   ///< of these, how long the device stood and waited for them
};

/// Events as they happened, one after the other: what a clairvoyant bound of the same run is computed from.
/// Cost: two bytes per expert of a set, four per event.
struct event_log {
  std::vector<std::uint16_t> layers;
  std::vector<std::uint16_t> sizes;
  std::vector<std::uint16_t> experts;  ///< ascending within an event
};

/// A model that computes nothing: it routes as a tape says, takes the time that a machine on paper takes, and says which token
/// comes next. Everything else in a simulation is what a real decoder runs.
///
/// Device work moves the clock while it is done. The host's work starts when its layer's routing is known; where it works
/// beside the device, `combine` waits for it. A row whose token is not the tape's is on a path that no trace has recorded: it
/// routes like some earlier token (fixed_chance::stray). Asked early, its gates answer as well as they are said to (early_gates).
/// Cost: O(tokens × top-k) per layer. Positions are places of the tape. One thread at a time.
template <transports::hand_held Clock>
class null_model {
 public:
  /// All but the shape stay where they are as long as the model lives. `log` may be null.
  null_model(model_shape shape, const routing_tape& tape, const machine& costs, Clock& clock, lane_times& worked, fixed_chance chance = {},
             event_log* log = nullptr, gate_quality gates = {})
      : shape_(std::move(shape)),
        tape_(&tape),
        costs_(&costs),
        clock_(&clock),
        worked_(&worked),
        log_(log),
        chance_(chance),
        gates_(tape, gates, chance),
        counts_(shape_.widest_layer()) {}

  [[nodiscard]] const model_shape& shape() const noexcept { return shape_; }

  /// Where the sequence that runs now began: its context is what lies behind that.
  void begins_at(std::uint32_t place) noexcept { begins_ = place; }

  result<void> begin(const token_window& window) {
    const std::uint32_t first = window.first.count;
    if (std::uint64_t{first} + window.tokens.size() > tape_->tokens())
      return error(error_code::context_full, "the tape ends at token ", tape_->tokens(), "; a window of ", window.tokens.size(), " from ", first,
                   " does not fit");
    rows_.clear();
    for (std::size_t i = 0; i < window.tokens.size(); ++i) {
      const std::uint32_t place = first + static_cast<std::uint32_t>(i);
      rows_.push_back(window.tokens[i] == static_cast<token_id>(place) ? place : chance_.stray(place, begins_));
    }
    first_ = first;
    wanted_ = window.rows;
    work(costs_->pass(width()));
    return {};
  }

  result<routed_layer> route(layer_index layer) {
    work(costs_->layer(width()));
    work(costs_->context(first_ - begins_ + width()));
    host_free_ = clock_->now();
    routes_.clear();
    weights_.clear();
    std::fill(counts_.begin(), counts_.end(), 0U);
    for (const std::uint32_t row : rows_) {
      for (const expert_index e : tape_->routes(row, layer)) {
        routes_.push_back(e);
        if (number(e) < counts_.size()) ++counts_[number(e)];
      }
      if (tape_->has_weights()) weights_.insert(weights_.end(), tape_->weights(row, layer).begin(), tape_->weights(row, layer).end());
    }
    note(layer);
    return routed_layer{routes_, weights_};
  }

  /// What later gates would say of this window now; nothing where they are not asked.
  std::span<const hint> look_ahead(layer_index layer) { return gates_.look(layer, rows_); }

  result<void> run(const seat& where) {
    const std::uint32_t tokens = counts_[number(where.expert.expert)];
    const bytes size = shape_.size_of(where.expert);
    if (where.at != residence::host) {
      work(costs_->expert.of(tokens, size));
      return {};
    }
    if (!costs_->host) return error(error_code::bad_argument, "machine ", costs_->name, " has no host lane that could compute an expert in place");
    const host_lane& lane = *costs_->host;
    if (lane.through_link) clock_->charge(size);
    const nanoseconds takes = lane.expert.of(tokens, size);
    worked_->host += takes;
    if (lane.beside_device) {
      host_free_ = transports::later(std::max(host_free_, lane.through_link ? clock_->now() : host_free_), takes);
    } else {
      clock_->advance(takes);
      worked_->awaited += takes;
    }
    return {};
  }

  result<void> combine(layer_index) {
    const nanoseconds late = host_free_ - clock_->now();
    if (late.count <= 0) return {};
    clock_->advance(late);
    worked_->awaited += late;
    return {};
  }

  result<logits_view> finish() {
    logits_.clear();
    const std::uint32_t from = wanted_ == rows_wanted::all ? 0 : wanted_ == rows_wanted::last ? width() - 1 : width();
    for (std::uint32_t i = from; i < width(); ++i)
      for (const float part : told::row_of(first_ + i + 1)) logits_.push_back(part);
    return logits_view{logits_, told::vocabulary};
  }
  void keep(position) noexcept {}

 private:
  [[nodiscard]] std::uint32_t width() const noexcept { return static_cast<std::uint32_t>(rows_.size()); }
  void work(nanoseconds takes) noexcept {
    clock_->advance(takes);
    worked_->device += takes;
  }
  void note(layer_index layer) {
    if (log_ == nullptr) return;
    const std::size_t before = log_->experts.size();
    for (std::uint32_t e = 0; e < shape_.experts(layer); ++e)
      if (counts_[e] != 0) log_->experts.push_back(static_cast<std::uint16_t>(e));
    if (log_->experts.size() == before) return;
    log_->layers.push_back(static_cast<std::uint16_t>(number(layer)));
    log_->sizes.push_back(static_cast<std::uint16_t>(log_->experts.size() - before));
  }

  model_shape shape_;
  const routing_tape* tape_;
  const machine* costs_;
  Clock* clock_;
  lane_times* worked_;
  event_log* log_;
  fixed_chance chance_;
  early_gates gates_;
  std::vector<std::uint32_t> counts_;  ///< tokens of each expert in the layer that runs
  std::vector<std::uint32_t> rows_;    ///< whose routing each row of the window has
  std::vector<expert_index> routes_;
  std::vector<float> weights_;
  std::vector<float> logits_;
  nanoseconds host_free_{};
  std::uint32_t first_ = 0;
  std::uint32_t begins_ = 0;
  rows_wanted wanted_ = rows_wanted::last;
};

static_assert(foresighted_model<null_model<transports::simulated<>>>, "null_model no longer models foresighted_model");

}  // namespace moesaic::sim
