// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <moesaic/core/counters.hpp>

#include "policy_choice.hpp"

namespace moesaic::command_line {

[[nodiscard]] inline double seconds(nanoseconds t) noexcept { return static_cast<double>(t.count) * 1e-9; }

/// Every counter, in the order of the documents.
[[nodiscard]] nlohmann::ordered_json as_object(const counters& c);
[[nodiscard]] nlohmann::ordered_json as_object(const policy_names& names);

/// A document as the programs write it, with a line end. Names of files may be any bytes: what is no UTF-8 in them is replaced
/// rather than refused.
[[nodiscard]] std::string as_text(const nlohmann::ordered_json& document, int indent = 1);

}  // namespace moesaic::command_line
