// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include <moesaic/core/quantity.hpp>

namespace moesaic {

/// What one step was and what it cost. Policies that adapt learn from it; all of it is known when the step ends.
/// Without speculation drafted = verified = accepted = 0 and committed = 1.
struct step_outcome {
  step_index step{};
  draft_length drafted{};    ///< tokens the drafter proposed
  draft_length verified{};   ///< of these, how many the target checked
  draft_length accepted{};   ///< of these, the accepted prefix
  draft_length committed{};  ///< accepted + 1: the correction or bonus token counts
  nanoseconds drafting{};    ///< time from the step's start until the draft was complete
  nanoseconds verifying{};   ///< time of the target's pass, stalls included
  nanoseconds stalled{};     ///< exposed transfer time: the part of `verifying` in which the engine waited for the link
  bytes demanded{};          ///< bytes that misses moved
  bytes prefetched{};        ///< bytes that prefetches moved
  /// The first drafted token that was not verified: is it what the target went on with? Known where all before it stood. What a drafter is
  /// worth can so be learned from drafts that cost the target nothing.
  enum class fate : std::uint8_t { unknown, fell, stood } beyond = fate::unknown;

  /// Of the drafted tokens, those whose worth is known, and those of them that stood.
  [[nodiscard]] std::uint32_t judged() const noexcept { return verified.count + (beyond == fate::unknown ? 0 : 1); }
  [[nodiscard]] std::uint32_t stood() const noexcept { return accepted.count + (beyond == fate::stood ? 1 : 0); }
};

}  // namespace moesaic
