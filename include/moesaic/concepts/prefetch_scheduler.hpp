// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include <moesaic/concepts/scene.hpp>
#include <moesaic/concepts/utility_scorer.hpp>

namespace moesaic {

/// An expert worth moving before anyone asks.
struct prefetch_request {
  expert_id expert{};
  utility worth{};
  friend constexpr bool operator==(prefetch_request, prefetch_request) = default;
};

/// What became of a prefetch. The first four answer a peeked request at once, the others come later.
enum class prefetch_fate : std::uint8_t {
  submitted,      ///< on its way
  already_there,  ///< resident, or in flight
  no_room,        ///< nobody may leave for it, or admission refused
  too_late,       ///< its layer is under lease
  arrived,
  failed,
  withdrawn,      ///< cancelled: its layer started, or the budget shrank
};

/// Says what to move next while the link would idle (pull).
///
/// Contract. `next` is a peek: asked again without a `settle` between, it answers the same. `settle` follows every request
/// that was taken up, with what became of it, so that the scheduler can go on to another. It is asked only when no demanded
/// transfer waits, and a bounded number of times per call of the engine. nullopt: nothing is worth moving now.
/// Cost: stated by each. One thread at a time.
template <class P>
concept prefetch_scheduler = listener<P> && requires(P policy, const scene<archetype::scorer>& scene, const prefetch_request& request, prefetch_fate fate) {
  { policy.next(scene) } noexcept -> std::same_as<std::optional<prefetch_request>>;
  { policy.settle(request, fate) } noexcept -> std::same_as<void>;
};

/// A scheduler that never has a wish says so by specialising this with true, next to its definition: it is then not asked at
/// all. (A variable that has to exist to be specialised, so a misspelt one does not compile.)
template <class P>
inline constexpr bool never_prefetches = false;

namespace archetype {
struct prefetch {
  using hears = events<>;
  template <utility_scorer S>
  [[nodiscard]] std::optional<prefetch_request> next(const scene<S>&) noexcept;
  void settle(const prefetch_request&, prefetch_fate) noexcept;
};
}  // namespace archetype
static_assert(prefetch_scheduler<archetype::prefetch>);

/// Compiles if `P` models prefetch_scheduler; else stops with a sentence that names what is missing.
template <class P>
consteval bool explain_prefetch_scheduler() {
  constexpr bool declares = declares_events<P>;
  static_assert(declares, "prefetch scheduler lacks  using hears = moesaic::events<...>;  (empty if it hears nothing)");
  if constexpr (declares) {
    constexpr bool keeps = listener<P>;
    static_assert(keeps, "prefetch scheduler declares an event it has no  void on(const Event&) noexcept  for");
    constexpr bool peeks = requires(P policy, const scene<archetype::scorer>& scene) { policy.next(scene); };
    static_assert(peeks, "prefetch scheduler lacks  std::optional<prefetch_request> next(const scene<S>&) noexcept");
    constexpr bool settles = requires(P policy, const prefetch_request& r, prefetch_fate f) { policy.settle(r, f); };
    static_assert(settles, "prefetch scheduler lacks  void settle(const prefetch_request&, prefetch_fate) noexcept");
    static_assert(!(keeps && peeks && settles) || prefetch_scheduler<P>, "prefetch scheduler has every call, but a return type or a noexcept differs");
  }
  return prefetch_scheduler<P>;
}

}  // namespace moesaic
