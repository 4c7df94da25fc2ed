// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>

#include <moesaic/concepts/scene.hpp>
#include <moesaic/concepts/utility_scorer.hpp>

namespace moesaic {

/// What a governor may look at.
template <class Scores>
struct speculation_scene : scene<Scores> {
  draft_length drafted{};        ///< tokens of this window so far
  float last_probability = 1;    ///< the drafter's probability of its last token, 0 to 1
  draft_length possible{};       ///< the most that the drafter, the context and the rest of the output allow
  nanoseconds time_limit{};      ///< wanted time per step; 0: none
};

/// Decides how far to speculate. Asked three times per step, because a forecast to price a prefix by exists only after
/// drafting: `longest` before it (0: do not draft), `keep_drafting` after each drafted token, `verify` after the last: how
/// many of the drafted tokens are worth verifying (0 is allowed: the step then commits one token, as without a draft). Tokens that
/// were drawn at random (that bring `probabilities`) are verified whatever it says: to look at them and drop some would bend the law.
///
/// Contract. Answers are cut to what is possible, never an error. `observe` follows every step, also undrafted ones.
/// Equal history and scene, equal answers. Cost: O(1) unless stated. One thread at a time.
template <class P>
concept speculation_governor = listener<P> && requires(P policy, const speculation_scene<archetype::scorer>& scene, const step_outcome& outcome) {
  { policy.longest(scene) } noexcept -> std::same_as<draft_length>;
  { policy.keep_drafting(scene) } noexcept -> std::same_as<bool>;
  { policy.verify(scene) } noexcept -> std::same_as<draft_length>;
  { policy.observe(outcome) } noexcept -> std::same_as<void>;
};

namespace archetype {
struct governor {
  using hears = events<>;
  template <utility_scorer S>
  [[nodiscard]] draft_length longest(const speculation_scene<S>&) noexcept;
  template <utility_scorer S>
  [[nodiscard]] bool keep_drafting(const speculation_scene<S>&) noexcept;
  template <utility_scorer S>
  [[nodiscard]] draft_length verify(const speculation_scene<S>&) noexcept;
  void observe(const step_outcome&) noexcept;
};
}  // namespace archetype
static_assert(speculation_governor<archetype::governor>);

/// Compiles if `P` models speculation_governor; else stops with a sentence that names what is missing.
template <class P>
consteval bool explain_speculation_governor() {
  constexpr bool declares = declares_events<P>;
  static_assert(declares, "speculation governor lacks  using hears = moesaic::events<...>;  (empty if it hears nothing)");
  if constexpr (declares) {
    constexpr bool keeps = listener<P>;
    static_assert(keeps, "speculation governor declares an event it has no  void on(const Event&) noexcept  for");
    constexpr bool starts = requires(P policy, const speculation_scene<archetype::scorer>& s) { policy.longest(s); };
    static_assert(starts, "speculation governor lacks  draft_length longest(const speculation_scene<S>&) noexcept");
    constexpr bool stops = requires(P policy, const speculation_scene<archetype::scorer>& s) { policy.keep_drafting(s); };
    static_assert(stops, "speculation governor lacks  bool keep_drafting(const speculation_scene<S>&) noexcept");
    constexpr bool cuts = requires(P policy, const speculation_scene<archetype::scorer>& s) { policy.verify(s); };
    static_assert(cuts, "speculation governor lacks  draft_length verify(const speculation_scene<S>&) noexcept");
    constexpr bool learns = requires(P policy, const step_outcome& o) { policy.observe(o); };
    static_assert(learns, "speculation governor lacks  void observe(const step_outcome&) noexcept");
    static_assert(!(keeps && starts && stops && cuts && learns) || speculation_governor<P>,
                  "speculation governor has every call, but a return type or a noexcept differs");
  }
  return speculation_governor<P>;
}

}  // namespace moesaic
