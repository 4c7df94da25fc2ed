// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "row.hpp"

namespace moesaic::replaying {

/// One row in the schema "moesaic.replay/1", and back. Nothing where the object is no such row.
[[nodiscard]] nlohmann::ordered_json as_json(const row& r);
[[nodiscard]] std::optional<row> row_of(const nlohmann::ordered_json& j);

/// The whole answer of the program.
[[nodiscard]] std::string document(std::span<const row> rows);

}  // namespace moesaic::replaying
