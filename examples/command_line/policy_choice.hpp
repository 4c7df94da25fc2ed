// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/placement/catalogue.hpp>
#include <moesaic/prediction/catalogue.hpp>
#include <moesaic/prefetch/catalogue.hpp>
#include <moesaic/scoring/catalogue.hpp>
#include <moesaic/speculation/catalogue.hpp>

#include "policy_library.hpp"

namespace moesaic::command_line {

using moesaic::chosen_groups;

/// The bundle of a program whose user names the policies.
struct chosen_policies {
  chosen_groups groups;
  scoring::any scoring;
  eviction::any eviction;
  admission::any admission;
  prediction::any prediction;
  prefetch::any prefetch;
  placement::any placement;
  speculation::any speculation;
};
static_assert(explain_policy_bundle<chosen_policies>());

/// The policies of a run, as text.
struct policy_names {
  std::string scope, scoring, eviction, admission, prediction, prefetch, placement, speculation;
};

/// Parts of a system that the command line names one by one.
struct named_parts {
  std::optional<std::string> eviction, admission, scope, scoring, prediction, prefetch, placement;
};

/// The named system with the parts that override its own, completed as systems::completed says.
/// Errors: unknown_name, listing the known.
[[nodiscard]] result<policy_names> choose_policies(std::string_view system, const named_parts& named);
/// An eviction policy of the library's catalogue, or out of one of `more`. Errors: unknown_name, bad_argument.
[[nodiscard]] result<eviction::any> make_eviction(std::string_view text, const policy_libraries& more);
/// Makes them all. Errors: unknown_name, bad_argument (a pair that has no meaning).
[[nodiscard]] result<chosen_policies> make_policies(const policy_names& names, const policy_libraries& more = {});

/// "name  one line" for each.
[[nodiscard]] std::string list_systems();
[[nodiscard]] std::string list_policies(std::string_view slot, const policy_libraries& more = {});

}  // namespace moesaic::command_line
