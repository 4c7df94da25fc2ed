// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include <moesaic/concepts/scene.hpp>
#include <moesaic/concepts/utility_scorer.hpp>

namespace moesaic {

/// How one missing expert is met. All of these compute the exact result; whatever changes the output is another type.
enum class remedy : std::uint8_t {
  fetch,  ///< move it to fast memory; for one that is in flight: wait for it
  host,   ///< compute it in slow memory, in place, without moving it
};

/// One expert of an event that is not ready.
struct miss {
  expert_id expert{};
  std::uint32_t tokens = 0;
  bytes size{};
  bool in_flight = false;     ///< a prefetch of it is on its way
  nanoseconds arrives_in{};   ///< estimate for one in flight; else 0
};

/// Decides, for all misses of one event together (so that a split can be balanced), how each is met.
///
/// Contract. Called once per event that has misses, inside `acquire`, before any room is given away, if the engine said that
/// it can compute in slow memory (else every answer would be fetch). `remedies` has one entry per miss, same order, preset
/// to fetch.
/// `threshold` is the utility below which an expert is not worth fast memory; eviction, admission and prefetch see it in
/// their scene. Policies without one answer utility::lowest(). Equal scene, equal answers. Cost: O(misses).
template <class P>
concept placement_policy =
    listener<P> && requires(P policy, const P& view, const scene<archetype::scorer>& scene, std::span<const miss> misses, std::span<remedy> remedies) {
      { policy.place(scene, misses, remedies) } noexcept -> std::same_as<void>;
      { view.threshold() } noexcept -> std::same_as<utility>;
    };

namespace archetype {
struct placement {
  using hears = events<>;
  template <utility_scorer S>
  void place(const scene<S>&, std::span<const miss>, std::span<remedy>) noexcept;
  [[nodiscard]] utility threshold() const noexcept;
};
}  // namespace archetype
static_assert(placement_policy<archetype::placement>);

/// Compiles if `P` models placement_policy; else stops with a sentence that names what is missing.
template <class P>
consteval bool explain_placement_policy() {
  constexpr bool declares = declares_events<P>;
  static_assert(declares, "placement policy lacks  using hears = moesaic::events<...>;  (empty if it hears nothing)");
  if constexpr (declares) {
    constexpr bool keeps = listener<P>;
    static_assert(keeps, "placement policy declares an event it has no  void on(const Event&) noexcept  for");
    constexpr bool places =
        requires(P policy, const scene<archetype::scorer>& scene, std::span<const miss> m, std::span<remedy> r) { policy.place(scene, m, r); };
    static_assert(places, "placement policy lacks  void place(const scene<S>&, std::span<const miss>, std::span<remedy>) noexcept");
    constexpr bool bounds = requires(const P& view) { view.threshold(); };
    static_assert(bounds, "placement policy lacks  utility threshold() const noexcept");
    static_assert(!(keeps && places && bounds) || placement_policy<P>, "placement policy has every call, but a return type or a noexcept differs");
  }
  return placement_policy<P>;
}

}  // namespace moesaic
