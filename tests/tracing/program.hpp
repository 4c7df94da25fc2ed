// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "support/program.hpp"
#include "support/temporary_folder.hpp"

namespace moesaic_test {

/// moesaic-trace with arguments as a shell takes them.
inline finished moesaic_trace(const std::string& arguments) { return run("moesaic-trace", arguments); }

}  // namespace moesaic_test
