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
#include <moesaic/systems/completed.hpp>

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

/// The parts of the named system, or those given in their place, completed as systems::completed says.
/// Errors: unknown_name, bad_argument; each sentence begins with the option.
[[nodiscard]] inline result<bundle> bundle_of(const moesaic_options& o) {
  const auto about = [](std::string_view option, const error& why) { return error(why.code(), option, ": ", why.sentence()); };
  const auto system = text_of(o.system, "system", "on_demand");
  if (!system) return system.error();
  auto parts = systems::find(*system);
  if (!parts) return about("system", parts.error());
  struct slot {
    const char* given;
    std::string_view option;
    std::string_view& part;
  };
  for (const slot& s : {slot{o.scope, "scope", parts->scope}, slot{o.scoring, "scoring", parts->scoring}, slot{o.eviction, "eviction", parts->eviction},
                        slot{o.admission, "admission", parts->admission}, slot{o.prediction, "prediction", parts->prediction},
                        slot{o.prefetch, "prefetch", parts->prefetch}, slot{o.placement, "placement", parts->placement}}) {
    const auto text = text_of(s.given, s.option, s.part);
    if (!text) return text.error();
    s.part = *text;
  }
  if (parts->scope != "layer" && parts->scope != "global")
    return error(error_code::unknown_name, "scope: '", parts->scope.substr(0, 80), "' is no scope; known are layer global");
  const auto named = [](const char* given) { return given != nullptr && *given != 0; };
  const auto whole = systems::completed(*parts, {.scoring = named(o.scoring),
                                                 .eviction = named(o.eviction),
                                                 .admission = named(o.admission),
                                                 .prediction = named(o.prediction),
                                                 .prefetch = named(o.prefetch)});

  auto scored = scoring::make(whole.scoring);
  if (!scored) return about("scoring", scored.error());
  auto evicted_by = eviction::make(whole.eviction);
  if (!evicted_by) return about("eviction", evicted_by.error());
  auto admitted_by = admission::make(whole.admission);
  if (!admitted_by) return about("admission", admitted_by.error());
  auto predicted = prediction::make(whole.prediction);
  if (!predicted) return about("prediction", predicted.error());
  auto prefetched = prefetch::make(whole.prefetch);
  if (!prefetched) return about("prefetch", prefetched.error());
  auto placed = placement::make(whole.placement);
  if (!placed) return about("placement", placed.error());
  return bundle{{whole.scope == "layer"}, std::move(*scored),     std::move(*evicted_by), std::move(*admitted_by),
                std::move(*predicted),    std::move(*prefetched), std::move(*placed)};
}

}  // namespace moesaic::c
