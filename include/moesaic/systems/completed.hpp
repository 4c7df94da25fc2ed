// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/core/spec.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/systems/description.hpp>

namespace moesaic::systems {

/// The parts that somebody chose in the place of the system's own.
struct replaced_parts {
  bool scoring = false;
  bool eviction = false;
  bool admission = false;
  bool prediction = false;
  bool prefetch = false;
};

/// A system some of whose parts were replaced, with what the new ones cannot do without: a scheduler gets a predictor, and whoever
/// reads scores a scorer, where the system has none and nobody named one. What a system brings together it means, so one of which
/// nothing was replaced stays as it is, and is the same as its bundle of types.
/// Source: ours; the one rule for whatever takes names of parts (the programs, the C interface).
/// Cost: parses five specs. One that cannot be parsed counts as a name; its catalogue says what is wrong with it.
[[nodiscard]] constexpr description completed(description parts, const replaced_parts& replaced) noexcept {
  const auto name_in = [](std::string_view text) {
    const result<spec> parsed = spec::parse(text);
    return parsed ? parsed->name() : text;
  };
  const bool schedules = replaced.prefetch && name_in(parts.prefetch) != "none";
  const bool scores_read = schedules || (replaced.eviction && eviction::reads_scores(name_in(parts.eviction))) ||
                           (replaced.admission && admission::reads_scores(name_in(parts.admission)));
  if (schedules && !replaced.prediction && name_in(parts.prediction) == "none") parts.prediction = "transition_counts";
  if (scores_read && !replaced.scoring && name_in(parts.scoring) == "none") parts.scoring = "decayed_frequency";
  return parts;
}

}  // namespace moesaic::systems
