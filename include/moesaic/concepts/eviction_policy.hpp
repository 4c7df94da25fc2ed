// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include <moesaic/concepts/scene.hpp>
#include <moesaic/concepts/utility_scorer.hpp>

namespace moesaic {

/// What an eviction policy may look at.
template <class Scores>
struct eviction_scene : scene<Scores> {
  candidate_view candidates{};       ///< of the newcomer's eviction group
  std::uint16_t group = 0;
  expert_id newcomer{};              ///< for whom room is sought
  cause why = cause::demand;
};

/// Names the expert that gives up its room. nullopt means "nobody": the newcomer then goes through a frame, or stays away.
///
/// Contract. Answers only candidates. Two questions in a row without an event between get the same answer: asking is not
/// evicting, the core may ask and then keep everything as it was. Ties go to the lower id, so that a replay is exact.
/// Several victims may be needed for one newcomer (sizes differ): the core takes a named candidate out of the view and asks
/// again. Not const, because a clock hand may move. Cost: stated by each policy. One thread at a time.
template <class P>
concept eviction_policy = listener<P> && requires(P policy, const eviction_scene<archetype::scorer>& scene) {
  { policy.victim(scene) } noexcept -> std::same_as<std::optional<expert_id>>;
};

/// An eviction policy whose order is a key: the smallest leaves first, equal keys: the lower id. The key of an expert
/// that is absent is the one it would have if it entered with the running event. Optional admission needs it. A type that
/// stands for several policies answers std::optional<utility>: nullopt where the chosen one has no key.
template <class P>
concept keyed_eviction_policy = eviction_policy<P> && requires(const P& view, expert_id e) {
  { view.key(e) } noexcept -> std::convertible_to<std::optional<utility>>;
};

/// Who leaves, by flat index. A policy that thinks in flat indices may answer `std::uint32_t victim_index(scene) noexcept` beside
/// `victim`, the same expert or no_victim; drivers take it where it is there. With today's compilers an optional of eight bytes is
/// written in pieces and read back whole, and the processor waits: 5 ns of the 10 that a replayed miss may cost.
inline constexpr std::uint32_t no_victim = 0xFFFF'FFFF;
template <eviction_policy P, class S>
[[nodiscard]] std::uint32_t victim_of(P& policy, const eviction_scene<S>& scene) noexcept {
  if constexpr (requires { policy.victim_index(scene); }) {
    return policy.victim_index(scene);
  } else {
    const std::optional<expert_id> victim = policy.victim(scene);
    return victim ? scene.candidates.space().flat(*victim) : no_victim;
  }
}
/// The answer of `victim`, for policies that have found a flat index.
[[nodiscard]] constexpr std::optional<expert_id> victim_at(std::uint32_t flat, expert_space space) noexcept {
  if (flat == no_victim) return std::nullopt;
  return space.id(flat);
}

/// The key of an expert under any eviction policy; nullopt where it has none.
template <eviction_policy P>
[[nodiscard]] std::optional<utility> key_of(const P& policy, expert_id e) noexcept {
  if constexpr (keyed_eviction_policy<P>)
    return policy.key(e);
  else
    return std::nullopt;
}

namespace archetype {
struct eviction {
  using hears = events<>;
  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>&) noexcept;
};
}  // namespace archetype
static_assert(eviction_policy<archetype::eviction>);

/// Compiles if `P` models eviction_policy; else stops with a sentence that names what is missing.
template <class P>
consteval bool explain_eviction_policy() {
  constexpr bool declares = declares_events<P>;
  static_assert(declares, "eviction policy lacks  using hears = moesaic::events<...>;  (empty if it hears nothing)");
  if constexpr (declares) {
    constexpr bool keeps = listener<P>;
    static_assert(keeps, "eviction policy declares an event it has no  void on(const Event&) noexcept  for");
    constexpr bool chooses = requires(P policy, const eviction_scene<archetype::scorer>& scene) { policy.victim(scene); };
    static_assert(chooses, "eviction policy lacks  std::optional<expert_id> victim(const eviction_scene<S>&) noexcept");
    static_assert(!(keeps && chooses) || eviction_policy<P>, "eviction policy has every call, but a return type or a noexcept differs");
  }
  return eviction_policy<P>;
}

}  // namespace moesaic
