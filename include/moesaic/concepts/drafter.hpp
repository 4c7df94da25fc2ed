// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>

#include <moesaic/concepts/moe_model.hpp>
#include <moesaic/core/event.hpp>
#include <moesaic/core/result.hpp>

namespace moesaic {

/// A proposed token. `probabilities` is the distribution it was drawn from, [vocabulary], which sampling needs to stay
/// lossless; empty for a drafter that is greedy or knows none (it then counts as certain of its token).
struct drafted_token {
  token_id token = 0;
  float probability = 1;                  ///< of this token, 0 to 1
  std::span<const float> probabilities{};   ///< valid until the next `committed`
};

/// Proposes tokens. One that knows routes or hidden states tells them as hints.
///
/// Contract. `committed` hears every token of the sequence, prompt included, in order: after each step those that became
/// final. What was drafted before and is not among them was rejected; the drafter rolls itself back. `next` proposes one
/// more token behind what it proposed since the last `committed`; nullopt: it has nothing to offer. `hints` tells what the
/// last `next` revealed, row numbers counted from the window's first row; valid until the next call. One thread at a time.
template <class D>
concept drafter = requires(D draft, const D& view, std::span<const token_id> tokens) {
  { draft.committed(tokens) } -> std::same_as<result<void>>;
  { draft.next() } -> std::same_as<result<std::optional<drafted_token>>>;
  { view.hints() } noexcept -> std::same_as<std::span<const hint>>;
};

/// A drafter that tells what it knows while it drafts, and not only when its token is there: `next(told)` calls `told(hint)` as soon
/// as a layer of the draft has revealed something, so that the link can bring it during the rest of the draft.
///
/// Contract. `next(told)` does what `next()` does; whatever `hints()` would name afterwards it has told, once, in the order in which
/// it became known. Who calls it tells the cache and lets it use an idle link inside `told`. `told` is used during the call only.
template <class D>
concept telling_drafter = drafter<D> && requires(D draft, void (*told)(const hint&)) {
  { draft.next(told) } -> std::same_as<result<std::optional<drafted_token>>>;
};

namespace archetype {
struct draft {
  result<void> committed(std::span<const token_id>);
  result<std::optional<drafted_token>> next();
  [[nodiscard]] std::span<const hint> hints() const noexcept;
};
}  // namespace archetype
static_assert(drafter<archetype::draft>);

/// Compiles if `D` models drafter; else stops with a sentence that names what is missing.
template <class D>
consteval bool explain_drafter() {
  constexpr bool follows = requires(D draft, std::span<const token_id> tokens) { draft.committed(tokens); };
  static_assert(follows, "drafter lacks  result<void> committed(std::span<const token_id>)");
  constexpr bool proposes = requires(D draft) { draft.next(); };
  static_assert(proposes, "drafter lacks  result<std::optional<drafted_token>> next()");
  constexpr bool reveals = requires(const D& view) { view.hints(); };
  static_assert(reveals, "drafter lacks  std::span<const hint> hints() const noexcept");
  static_assert(!(follows && proposes && reveals) || drafter<D>, "drafter has every call, but a return type or a noexcept differs");
  return drafter<D>;
}

}  // namespace moesaic
