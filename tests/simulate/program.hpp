// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/temporary_folder.hpp"

namespace moesaic_test {

/// What a program wrote to standard output; discarded where that is no JSON.
inline nlohmann::json json_of(const finished& done) { return nlohmann::json::parse(done.out, nullptr, false); }

}  // namespace moesaic_test
