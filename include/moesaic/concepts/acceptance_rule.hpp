// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <moesaic/concepts/drafter.hpp>
#include <moesaic/concepts/moe_model.hpp>

namespace moesaic {

/// Turns the target's logits into tokens, one row after another: greedy, or sampling.
///
/// Contract. `accepts(row, drafted)` says whether the drafted token stands, given the target's logits at its place; the loop
/// stops at the first that does not. `choose(row)` then gives the token behind the accepted prefix: after a rejection it is
/// the correction (drawn from the residual where sampling needs it), after full acceptance the bonus token, without a draft
/// the next token. The law of the output is that of decoding without a draft. One thread at a time; seeded, so that equal
/// calls give equal tokens.
template <class A>
concept acceptance_rule = requires(A rule, std::span<const float> logits, const drafted_token& drafted) {
  { rule.accepts(logits, drafted) } noexcept -> std::same_as<bool>;
  { rule.choose(logits) } noexcept -> std::same_as<token_id>;
};

namespace archetype {
struct acceptance {
  bool accepts(std::span<const float>, const drafted_token&) noexcept;
  token_id choose(std::span<const float>) noexcept;
};
}  // namespace archetype
static_assert(acceptance_rule<archetype::acceptance>);

/// Compiles if `A` models acceptance_rule; else stops with a sentence that names what is missing.
template <class A>
consteval bool explain_acceptance_rule() {
  constexpr bool judges = requires(A rule, std::span<const float> row, const drafted_token& d) { rule.accepts(row, d); };
  static_assert(judges, "acceptance rule lacks  bool accepts(std::span<const float>, const drafted_token&) noexcept");
  constexpr bool chooses = requires(A rule, std::span<const float> row) { rule.choose(row); };
  static_assert(chooses, "acceptance rule lacks  token_id choose(std::span<const float>) noexcept");
  static_assert(!(judges && chooses) || acceptance_rule<A>, "acceptance rule has every call, but a return type or a noexcept differs");
  return acceptance_rule<A>;
}

}  // namespace moesaic
