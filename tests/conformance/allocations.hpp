// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace moesaic::conformance {

/// Calls of operator new since the program started, by any thread.
[[nodiscard]] std::uint64_t allocations() noexcept;

}  // namespace moesaic::conformance
