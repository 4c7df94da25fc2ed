// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>

#include <moesaic/concepts/hears.hpp>
#include <moesaic/core/forecast.hpp>

namespace moesaic {

/// Turns early knowledge (hints while drafting, or the history of events) into a forecast of each layer's next event.
///
/// Contract. It hears what it declares: `hint` (draft routes or hidden states, as they appear), `draft_cut` (rows that will
/// not be verified), `layer_event` (the truth: what the forecast says of that layer is used up and has to be replaced or
/// forgotten). The forecast may be read at any moment between two events. Equal history, equal forecast. A predictor that
/// applies the target's gate holds a handle to that gate; the concept need not know. One thread at a time, no allocation
/// after `inventory`.
template <class P>
concept expert_predictor = listener<P> && requires(const P& view) {
  { view.expectation() } noexcept -> std::same_as<const forecast&>;
};

namespace archetype {
struct predictor {
  using hears = events<>;
  [[nodiscard]] const forecast& expectation() const noexcept;
};
}  // namespace archetype
static_assert(expert_predictor<archetype::predictor>);

/// Compiles if `P` models expert_predictor; else stops with a sentence that names what is missing.
template <class P>
consteval bool explain_expert_predictor() {
  constexpr bool declares = declares_events<P>;
  static_assert(declares, "expert predictor lacks  using hears = moesaic::events<...>;  (empty if it hears nothing)");
  if constexpr (declares) {
    constexpr bool keeps = listener<P>;
    static_assert(keeps, "expert predictor declares an event it has no  void on(const Event&) noexcept  for");
    constexpr bool tells = requires(const P& view) { view.expectation(); };
    static_assert(tells, "expert predictor lacks  const forecast& expectation() const noexcept");
    static_assert(!(keeps && tells) || expert_predictor<P>, "expert predictor has every call, but a return type or a noexcept differs");
  }
  return expert_predictor<P>;
}

}  // namespace moesaic
