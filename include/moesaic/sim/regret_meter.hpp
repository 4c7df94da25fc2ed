// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/hears.hpp>
#include <moesaic/sim/window_bound.hpp>

namespace moesaic::sim {

/// How far from the best possible a running cache is: what the last steps missed, and what the clairvoyant policy would have
/// missed over the same events, from the same contents. Listens to any cache of this library (sim/metered.hpp lets it).
///
/// Source: ours.
/// Mechanism: the events, admissions and evictions of the last `window` steps are kept, and who was resident before them; what
/// falls out of the window is applied to that. `measure` plays the window to sim/window_bound.hpp. Besides, every `window`
/// steps one such stretch is added to `total`: a bound for the run, piece by piece, each from the contents it really began with.
/// A prefetch that was used counts as the miss that it prevented, for it travelled too.
/// Cost: hearing O(1) for each expert of an event and each admission or eviction, about 4 ns an access in all; once a window, and
/// for each `measure`, what window_bound says (20 to 40 ns per access of the window). 12 bytes for each of the records, `window` x
/// top-k x layers x 6; one byte and window_bound's per expert. No allocation after inventory.
/// State and Ties: window_bound's. A window with more records than room holds fewer steps (`steps` tells); one step alone
/// with more than that starts it anew.
/// Threads: one at a time.
/// Knobs: `window`, steps, default 256, at least 1. `rule`, default forced: the admission that the bound is held to; with a
/// policy that may refuse, `optional`.
struct regret_meter {
  using hears = events<inventory, layer_event, admitted, evicted>;

  std::uint32_t window = 256;
  bound_rule rule = bound_rule::forced;

  void on(const inventory& all) { state_ = memory(all, std::max(window, 1U)); }
  void on(const layer_event& event) noexcept {
    if (state_.step != event.step) {
      if (state_.since_total == state_.most_steps) {
        add_to_total();
        state_.since_total = 0;
      }
      ++state_.since_total;
      state_.begin_step(event.step);
    }
    state_.note(event);
  }
  void on(const admitted& one) noexcept {
    state_.note(state_.space.flat(one.expert), one.why == cause::prefetch ? past_record::kind::fetched_ahead : past_record::kind::demanded);
  }
  void on(const evicted& one) noexcept { state_.note(state_.space.flat(one.expert), past_record::kind::left); }

  /// The last `window` steps, the running one included.
  [[nodiscard]] window_counts measure() noexcept { return state_.bound.measure(state_.kept(), state_.before, rule); }
  /// All complete stretches of `window` steps so far.
  [[nodiscard]] const window_counts& total() const noexcept { return state_.total; }

  class memory {
   public:
    memory() = default;
    memory(const inventory& all, std::uint32_t steps) : space(all.space()), before(all.space().size()), most_steps(steps) {
      std::size_t a_step = 8;
      for (std::uint32_t l = 0; l < all.shape.layers(); ++l) a_step += std::size_t{all.shape.top_k(static_cast<layer_index>(l))} * 6;
      records_.resize(a_step * (std::size_t{steps} + 1));
      bound = window_bound(all, records_.size());
    }

    void begin_step(step_index s) noexcept {
      step = s;
      if (steps_ == most_steps) drop_step();
      ++steps_;
      note(0, past_record::kind::step);
    }
    void note(std::uint32_t flat, past_record::kind what) noexcept {
      if (end_ == records_.size()) make_room();
      if (steps_ == 0) return apply({flat, what});
      records_[end_++] = {flat, what};
    }
    void note(const layer_event& event) noexcept {
      const auto flat = space.in(event.layer);
      if (records_.size() - end_ <= event.wanted.size()) make_room();
      if (steps_ == 0 || records_.size() - end_ <= event.wanted.size()) {  // larger than all there is
        note(0, past_record::kind::event);
        for (const demand& d : event.wanted) note(flat(d.expert), past_record::kind::wanted);
        return;
      }
      past_record* to = records_.data() + end_;
      *to++ = {0, past_record::kind::event};
      for (const demand& d : event.wanted) *to++ = {flat(d.expert), past_record::kind::wanted};
      end_ += event.wanted.size() + 1;
    }
    [[nodiscard]] std::span<const past_record> kept() const noexcept { return std::span(records_).subspan(begin_, end_ - begin_); }

    expert_space space;
    window_bound bound;
    std::vector<standing> before;       ///< the kept records
    std::optional<step_index> step{};
    std::uint32_t most_steps = 1;
    std::uint32_t since_total = 0;      ///< steps
    window_counts total{};

   private:
    /// The oldest step leaves the window. Records start with a step.
    void drop_step() noexcept {
      do apply(records_[begin_++]);
      while (begin_ < end_ && records_[begin_].what != past_record::kind::step);
      --steps_;
    }
    void apply(const past_record& r) noexcept {
      switch (r.what) {
        case past_record::kind::step:
        case past_record::kind::event: return;
        case past_record::kind::wanted:
          if (before[r.flat] == standing::unused) before[r.flat] = standing::resident;
          return;
        case past_record::kind::demanded: before[r.flat] = standing::resident; return;
        case past_record::kind::fetched_ahead: before[r.flat] = standing::unused; return;
        case past_record::kind::left: before[r.flat] = standing::absent; return;
      }
    }
    /// Drops steps until a quarter of the records is free, and moves the rest to the front.
    void make_room() noexcept {
      while (begin_ < end_ && end_ - begin_ > records_.size() / 4 * 3) drop_step();
      const auto first = records_.begin();
      std::copy(first + static_cast<std::ptrdiff_t>(begin_), first + static_cast<std::ptrdiff_t>(end_), first);
      end_ -= begin_;
      begin_ = 0;
    }
    std::vector<past_record> records_;
    std::size_t begin_ = 0, end_ = 0;
    std::uint32_t steps_ = 0;
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where it is made

 private:
  void add_to_total() noexcept {
    const window_counts stretch = measure();
    state_.total.steps += stretch.steps;
    state_.total.events += stretch.events;
    state_.total.accesses += stretch.accesses;
    state_.total.misses += stretch.misses;
    state_.total.ahead += stretch.ahead;
    state_.total.bound += stretch.bound;
  }
};

static_assert(listener<regret_meter>);

}  // namespace moesaic::sim
