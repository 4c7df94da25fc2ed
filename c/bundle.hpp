// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic_c.h>

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/placement/catalogue.hpp>
#include <moesaic/prediction/catalogue.hpp>
#include <moesaic/prefetch/catalogue.hpp>
#include <moesaic/scoring/catalogue.hpp>
#include <moesaic/systems/catalogue.hpp>

namespace moesaic::c {

/// The policies of a cache, each chosen by its spec.
struct bundle {
  chosen_groups groups;
  scoring::any scoring;
  eviction::any eviction;
  admission::any admission;
  prediction::any prediction;
  prefetch::any prefetch;
  placement::any placement;
};
static_assert(explain_residency_bundle<bundle>());

/// A caller's text; null and empty are `otherwise`. Longer than any spec: an error.
[[nodiscard]] inline result<std::string_view> text_of(const char* given, std::string_view option, std::string_view otherwise) noexcept {
  constexpr std::size_t longest = 1024;
  if (given == nullptr || *given == 0) return otherwise;
  const std::size_t length = ::strnlen(given, longest + 1);
  if (length > longest) return error(error_code::bad_argument, option, ": the text is longer than ", longest, " bytes; is it ended by 0?");
  return std::string_view(given, length);
}

/// The parts of the named system, or those given in their place. As in the programs, a prefetch without a predictor and a reader of
/// scores without a scorer get one, where none is named.
/// Errors: unknown_name, bad_argument; each sentence begins with the option.
[[nodiscard]] inline result<bundle> bundle_of(const moesaic_options& o) {
  const auto about = [](std::string_view option, const error& why) { return error(why.code(), option, ": ", why.sentence()); };
  const auto system = text_of(o.system, "system", "on_demand");
  if (!system) return system.error();
  const auto base = systems::find(*system);
  if (!base) return about("system", base.error());
  const auto scope = text_of(o.scope, "scope", base->scope), scoring = text_of(o.scoring, "scoring", base->scoring),
             eviction = text_of(o.eviction, "eviction", base->eviction), admission = text_of(o.admission, "admission", base->admission),
             prediction = text_of(o.prediction, "prediction", base->prediction), prefetch = text_of(o.prefetch, "prefetch", base->prefetch),
             placement = text_of(o.placement, "placement", base->placement);
  for (const auto* const t : {&scope, &scoring, &eviction, &admission, &prediction, &prefetch, &placement})
    if (!*t) return t->error();
  if (*scope != "layer" && *scope != "global")
    return error(error_code::unknown_name, "scope: '", scope->substr(0, 80), "' is no scope; known are layer global");

  const auto name_in = [](std::string_view text) {
    const auto parsed = spec::parse(text);
    return parsed ? parsed->name() : text;
  };
  const auto unnamed = [](const char* given) { return given == nullptr || *given == 0; };
  const bool prefetches = name_in(*prefetch) != "none";
  const bool reads_scores = prefetches || name_in(*eviction) == "least_useful";
  auto scored = scoring::make(unnamed(o.scoring) && reads_scores && *scoring == "none" ? "decayed_frequency" : *scoring);
  if (!scored) return about("scoring", scored.error());
  auto evicted_by = eviction::make(*eviction);
  if (!evicted_by) return about("eviction", evicted_by.error());
  auto admitted_by = admission::make(*admission);
  if (!admitted_by) return about("admission", admitted_by.error());
  auto predicted = prediction::make(unnamed(o.prediction) && prefetches && *prediction == "none" ? "transition_counts" : *prediction);
  if (!predicted) return about("prediction", predicted.error());
  auto prefetched = prefetch::make(*prefetch);
  if (!prefetched) return about("prefetch", prefetched.error());
  auto placed = placement::make(*placement);
  if (!placed) return about("placement", placed.error());
  return bundle{{*scope == "layer"},   std::move(*scored),     std::move(*evicted_by), std::move(*admitted_by),
                std::move(*predicted), std::move(*prefetched), std::move(*placed)};
}

}  // namespace moesaic::c
