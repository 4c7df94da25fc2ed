// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>

#include <moesaic/concepts/drafter.hpp>

namespace moesaic::speculation {

/// A drafter that never has anything to offer: decoding without speculation.
///
/// Source: ours. Cost: O(1), no state. State and Ties: none. Threads: any. No knobs.
struct no_draft {
  result<void> committed(std::span<const token_id>) const noexcept { return {}; }
  result<std::optional<drafted_token>> next() const noexcept { return std::optional<drafted_token>(); }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return {}; }
};

static_assert(drafter<no_draft>, "no_draft no longer models drafter");

}  // namespace moesaic::speculation
