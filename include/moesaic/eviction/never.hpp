// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include <moesaic/concepts/eviction_policy.hpp>

namespace moesaic::eviction {

/// Gives nobody up: who came first stays for good, and what does not fit passes through.
///
/// Source: textbook; static placement, as llama.cpp's --n-cpu-moe and --override-tensor have it.
/// Mechanism: no victim, ever. Cost: O(1), no state. State and Ties: none. Threads: any. No knobs.
struct never {
  using hears = events<>;

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>&) const noexcept {
    return std::nullopt;
  }
};

static_assert(eviction_policy<never>, "never no longer models eviction_policy");

}  // namespace moesaic::eviction
