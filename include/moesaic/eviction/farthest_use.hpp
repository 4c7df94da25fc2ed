// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include <moesaic/concepts/eviction_policy.hpp>

namespace moesaic::eviction {

/// Gives up an expert that the forecast does not expect, else the one it expects last. It remembers nothing.
///
/// Source: the lookahead eviction of MoE-SpeQ (arXiv 2511.14102, 1 and 3.3), which the paper names and does not define; this is its
/// plain reading, Belady's rule within the lookahead buffer. What to do outside the buffer it does not say: `forecast` is the same
/// rule with a fallback of ours, `protected_lru` what the authors' later code does.
/// Mechanism: of candidates that are not expected, any leaves. Else the one whose first expected row comes last; of one row, the
/// one whose layer lies furthest ahead of the running one. For a prefetch nobody leaves who is expected as soon as the newcomer.
/// Cost: O(candidates) per victim, about 2 ns each; no bytes.
/// State and Ties: none of its own; the forecast is the predictor's. Who is equal leaves by the lower id, so without a forecast
/// always the lowest id. It has no key: what a newcomer would be worth depends on the forecast.
/// Threads: one at a time. No knobs.
///
///     eviction::farthest_use policy;                           // 1 and 2 are expected, 2 later than 1; 3 is not
///     policy.victim(scene) == make_expert(0, 3);               // and without 3: 2
struct farthest_use {
  using hears = events<>;

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    std::optional<std::tuple<std::uint64_t, expert_id>> least;
    for (const expert_id e : scene.candidates) {
      const std::tuple its{urgency(scene, e), e};
      if (!least || its < *least) least = its;
    }
    if (!least) return std::nullopt;
    const auto [soon, leaves] = *least;
    if (scene.why == cause::prefetch && soon != 0 && soon >= urgency(scene, scene.newcomer)) return std::nullopt;
    return leaves;
  }

 private:
  /// 0: not expected; else the sooner the higher.
  template <class S>
  [[nodiscard]] static std::uint64_t urgency(const eviction_scene<S>& scene, expert_id e) noexcept {
    if (!scene.expectation.expects(e)) return 0;
    const std::uint64_t row = scene.expectation.first_row(e).count, ahead = scene.expectation.layers_until(scene.layer, e.layer);
    return ~(row << 32U | ahead);
  }
};

static_assert(eviction_policy<farthest_use>, "farthest_use no longer models eviction_policy");

}  // namespace moesaic::eviction
