// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>

#include <moesaic/concepts/hears.hpp>
#include <moesaic/core/utility.hpp>

namespace moesaic {

/// Says what an expert is worth now, resident or not. One object that eviction, admission, placement and the prefetch
/// scheduler all read through their scene.
///
/// Contract. It hears the running event inside `acquire`, before anybody asks. Equal history gives equal scores; asking
/// changes nothing. The scale is its own. Cost: O(1) per score, no allocation after `inventory`. One thread at a time.
template <class S>
concept utility_scorer = listener<S> && requires(const S& view, expert_id e) {
  { view.score(e) } noexcept -> std::same_as<utility>;
};

namespace archetype {
/// The smallest scorer: what a policy may assume about one, and no more.
struct scorer {
  using hears = events<>;
  [[nodiscard]] utility score(expert_id) const noexcept;
};
}  // namespace archetype
static_assert(utility_scorer<archetype::scorer>);

/// Compiles if `S` models utility_scorer; else stops with a sentence that names what is missing.
template <class S>
consteval bool explain_utility_scorer() {
  constexpr bool declares = declares_events<S>;
  static_assert(declares, "utility scorer lacks  using hears = moesaic::events<...>;  (empty if it hears nothing)");
  if constexpr (declares) {
    constexpr bool keeps = listener<S>;
    static_assert(keeps, "utility scorer declares an event it has no  void on(const Event&) noexcept  for");
    constexpr bool scores = requires(const S& view, expert_id e) { view.score(e); };
    static_assert(scores, "utility scorer lacks  utility score(expert_id) const noexcept");
    static_assert(!(keeps && scores) || utility_scorer<S>, "utility scorer has every call, but a return type or a noexcept differs");
  }
  return utility_scorer<S>;
}

}  // namespace moesaic
