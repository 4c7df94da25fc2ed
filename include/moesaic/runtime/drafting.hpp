// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <moesaic/concepts/drafter.hpp>

namespace moesaic {

/// One more token. What it reveals goes to the cache: told by a drafter that can while it drafts, and then the idle link is used at
/// once, layer by layer; else when the token is there.
template <drafter Draft, class Cache>
[[nodiscard]] result<std::optional<drafted_token>> propose(Draft& draft, Cache& cache) {
  if constexpr (telling_drafter<Draft>) {
    return draft.next([&cache](const hint& early) noexcept {
      cache.hear(early);
      cache.pump();
    });
  } else {
    result<std::optional<drafted_token>> proposed = draft.next();
    if (proposed && *proposed)
      for (const hint& early : draft.hints()) cache.hear(early);
    return proposed;
  }
}

/// How many drafted tokens have to be verified whatever the governor says: a token that was drawn at random and has been seen may
/// not be dropped, or likely ones would be kept too often. One that follows from its prefix may.
[[nodiscard]] inline draft_length drawn(std::span<const drafted_token> drafted) noexcept {
  while (!drafted.empty() && drafted.back().probabilities.empty()) drafted = drafted.first(drafted.size() - 1);
  return {static_cast<std::uint32_t>(drafted.size())};
}

}  // namespace moesaic
