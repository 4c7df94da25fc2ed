// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <moesaic/concepts/admission_policy.hpp>
#include <moesaic/core/decayed_count.hpp>

namespace moesaic::admission {

/// Lets a missed expert in if it is used more often than who would have to go, by counts of its own that fade.
///
/// Source: TinyLFU (Einziger, Friedman, Manes, ACM ToS 2017), with exact decayed counts instead of a sketch: there are few
/// experts. A guard against cold newcomers must not weigh prefetches, which are fetched for what is expected and not for what was.
/// Mechanism: counts halve every `half_life` tokens and count the running event. A newcomer stays away only if who would have to
/// go was used strictly more. A prefetch is always let in. The running event's own experts are never displaced.
/// Cost: O(1) per use and question. 24 bytes per expert of the model, 8 per token of half-life.
/// State and Ties: counts, kept for all experts. Equal counts: the newcomer is let in.
/// Threads: one at a time.
/// Knobs: `half_life`, tokens, default 32, 1 to 65,536.
struct frequency_contest {
  using hears = events<inventory, layer_event>;

  std::uint32_t half_life = 32;

  void on(const inventory& all) { state_ = {all.space(), decay_clock(std::clamp(half_life, 1U, 65'536U)), std::vector<decayed_count>(all.space().size())}; }
  void on(const layer_event& event) noexcept {
    const decayed_count one = state_.clock.use_at(event.first_token);
    const auto flat_of = state_.space.in(event.layer);
    for (const demand& d : event.wanted) state_.counts[flat_of(d.expert)] += one;
  }
  [[nodiscard]] static constexpr bool displaces_own_event() noexcept { return false; }

  template <utility_scorer S>
  [[nodiscard]] verdict admit(const admission_scene<S>& scene) const noexcept {
    if (!scene.displaces || scene.why == cause::prefetch) return verdict::keep;
    return worth(*scene.displaces) > worth(scene.newcomer) ? verdict::bypass : verdict::keep;
  }

  struct memory {
    expert_space space;
    decay_clock clock;
    std::vector<decayed_count> counts;
  };
  memory state_{};  ///< not a knob; public only so that the knob can be named where a bundle is written

 private:
  [[nodiscard]] utility worth(expert_id e) const noexcept { return state_.counts[state_.space.flat(e)].worth(); }
};

static_assert(admission_policy<frequency_contest>, "frequency_contest no longer models admission_policy");

}  // namespace moesaic::admission
