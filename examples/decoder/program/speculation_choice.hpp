// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <moesaic/core/result.hpp>

#include "../drafters/make_drafter.hpp"

namespace moesaic::decoder {

/// What the command line says about drafting.
struct speculation_choice {
  /// Tokens drafted in a window where somebody drafts and nobody says how many.
  static constexpr std::uint32_t usual_length = 4;

  draft_request draft;
  std::string draft_text = "none";
  std::optional<std::uint32_t> length;  ///< at most so many, 0 to 63
  std::optional<std::string> governor;
  nanoseconds time_limit{};             ///< wanted for a step; 0: none

  /// The governor of a run whose system would take `of_system`: the one that was named; else the system's own, where a plain
  /// fixed one takes the named length, or the usual one if it would never draft although there is a drafter.
  [[nodiscard]] std::string governor_spec(std::string_view of_system) const;

  /// Would anybody heed the time limit, if one is given? Errors: bad_argument, naming the governors that do.
  [[nodiscard]] result<void> check_time_limit(std::string_view governor_spec) const;

  /// Errors: bad_argument, naming the option. Empty texts: not given.
  [[nodiscard]] static result<speculation_choice> parse(std::string_view draft, std::string_view length, std::string_view governor,
                                                        std::string_view time_limit);
};

}  // namespace moesaic::decoder
