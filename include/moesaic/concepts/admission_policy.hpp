// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include <moesaic/concepts/scene.hpp>
#include <moesaic/concepts/utility_scorer.hpp>

namespace moesaic {

/// What an admission policy may look at. The keys are the eviction policy's, where it has one.
template <class Scores>
struct admission_scene : scene<Scores> {
  expert_id newcomer{};
  cause why = cause::demand;
  phase during = phase::decode;
  std::optional<expert_id> displaces{};   ///< who would have to go; nullopt: there is room
  std::optional<utility> newcomer_key{};
  std::optional<utility> displaced_key{};
};

/// keep: the newcomer takes a slot. bypass: a demanded expert goes through a frame and is forgotten, a prefetch is not started.
enum class verdict : std::uint8_t { keep, bypass };

/// May this newcomer take room? Asked for every newcomer, also when there is room, once for each expert it would displace.
///
/// Contract. `displaces_own_event()` changes with a layer_event only, if at all: where it is true, the running event's own hits and
/// earlier newcomers may be named as those who would have to go (a hit then leaves when its entry is released); this needs an
/// eviction policy with keys. Before the first event it is true if it will ever be, so that the pair can be refused in time.
/// Equal scene, equal verdict. Cost: O(1).
template <class P>
concept admission_policy = listener<P> && requires(P policy, const P& view, const admission_scene<archetype::scorer>& scene) {
  { policy.admit(scene) } noexcept -> std::same_as<verdict>;
  { view.displaces_own_event() } noexcept -> std::same_as<bool>;
};

/// A policy that keeps every newcomer and never lets an event displace its own may say so by specialising this with true,
/// next to its definition: a replay then does not ask it. (A variable that has to exist to be specialised, so a misspelt one does not compile.)
template <class P>
inline constexpr bool admits_everyone = false;

namespace archetype {
struct admission {
  using hears = events<>;
  [[nodiscard]] bool displaces_own_event() const noexcept;
  template <utility_scorer S>
  [[nodiscard]] verdict admit(const admission_scene<S>&) noexcept;
};
}  // namespace archetype
static_assert(admission_policy<archetype::admission>);

/// Compiles if `P` models admission_policy; else stops with a sentence that names what is missing.
template <class P>
consteval bool explain_admission_policy() {
  constexpr bool declares = declares_events<P>;
  static_assert(declares, "admission policy lacks  using hears = moesaic::events<...>;  (empty if it hears nothing)");
  if constexpr (declares) {
    constexpr bool keeps = listener<P>;
    static_assert(keeps, "admission policy declares an event it has no  void on(const Event&) noexcept  for");
    constexpr bool admits = requires(P policy, const admission_scene<archetype::scorer>& scene) { policy.admit(scene); };
    static_assert(admits, "admission policy lacks  verdict admit(const admission_scene<S>&) noexcept");
    constexpr bool says = requires(const P& view) { view.displaces_own_event(); };
    static_assert(says, "admission policy lacks  bool displaces_own_event() const noexcept");
    static_assert(!(keeps && admits && says) || admission_policy<P>, "admission policy has every call, but a return type or a noexcept differs");
  }
  return admission_policy<P>;
}

}  // namespace moesaic
