// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/core/decayed_count.hpp>
#include <moesaic/eviction/use_table.hpp>

namespace moesaic::eviction {

/// Gives up the expert with the smallest use count that decays by half every `half_life` tokens: recency at one end
/// (half-life towards 0), frequency at the other.
///
/// Source: LRFU (Lee et al., IEEE ToC 2001) with lambda = 1 / half_life, on a clock of tokens; counts survive eviction.
/// Mechanism: F <- F * 2^(-tokens / half_life) + 1 at each event that uses the expert, tokens counted between the first
/// tokens of the two events, and compared decayed to now. core/decayed_count.hpp keeps F so that time needs no work. A
/// prefetched expert counts as used once more until it is, or leaves.
/// Cost: O(1) per use, admission and eviction; victim O(candidates), about 1 ns each. 48 bytes per expert of the model and
/// 8 per token of half-life.
/// State and Ties: nothing is forgotten but by decay. Integers only. Equal counts: the lower id leaves.
/// Threads: one at a time.
/// Knobs: `half_life`, tokens, default 32, 1 to 65,536 (what is outside counts as the nearer end). On expert traces 16 to 64
/// differ by less than a point.
///
///     eviction::lrfu policy{.half_life = 32};                  // token 0 used {1, 2}, token 1 used {1}
///     policy.victim(scene) == make_expert(0, 2);
struct lrfu {
  using hears = events<inventory, layer_event, admitted, evicted>;

  std::uint32_t half_life = 32;

  void on(const inventory& all) {
    const decay_clock clock(std::clamp(half_life, 1U, 65'536U));
    state_ = {all.space(), clock, use_table<last_blind>(all), {}, {clock.use_at({})}};
  }
  void on(const layer_event& event) noexcept {
    if (event.first_token != state_.token) {  // two divisions a step, not two a layer
      state_.token = event.first_token;
      state_.one = {state_.clock.use_at(event.first_token)};
    }
    state_.uses.begin(state_.one);
    state_.uses.use(event, state_.space);
  }
  void on(const admitted& one) noexcept { state_.uses.admit(state_.space.flat(one.expert), one.why); }
  void on(const evicted& one) noexcept { state_.uses.evict(state_.space.flat(one.expert)); }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    return victim_at(victim_index(scene), state_.space);
  }
  template <utility_scorer S>
  [[nodiscard]] std::uint32_t victim_index(const eviction_scene<S>& scene) const noexcept {
    return state_.uses.least(scene.candidates);
  }
  [[nodiscard]] utility key(expert_id e) const noexcept { return state_.uses.key(state_.space.flat(e)); }

  /// A decayed count holds its own time: the number of the last event adds nothing.
  struct last_blind {
    decayed_count count{};
    last_blind& operator+=(last_blind more) noexcept {
      count += more.count;
      return *this;
    }
    [[nodiscard]] utility worth(std::uint64_t) const noexcept { return count.worth(); }
  };
  struct memory {
    expert_space space;
    decay_clock clock;
    use_table<last_blind> uses;
    token_index token{};
    last_blind one{};  ///< what a use at that token is worth
  };
  memory state_{};  ///< not a knob; public only so that the knob can be named where a bundle is written
};

static_assert(keyed_eviction_policy<lrfu>, "lrfu no longer models keyed_eviction_policy");

}  // namespace moesaic::eviction
