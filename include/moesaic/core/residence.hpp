// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include <moesaic/core/expert.hpp>
#include <moesaic/core/quantity.hpp>

namespace moesaic {

/// How an expert stands to fast memory.
enum class residency_state : std::uint8_t { absent, in_flight, resident, leased };

/// Why bytes travel, or why an expert asks for room.
enum class cause : std::uint8_t { demand, prefetch };

/// Numbers one transfer. The residency core numbers them from 1, ascending; 0 is none. One ticket is one expert with all
/// its parts: it arrives when the last part has.
struct ticket {
  std::uint64_t number = 0;
  friend constexpr bool operator==(ticket, ticket) = default;
  friend constexpr auto operator<=>(ticket, ticket) = default;
};

/// A point in a stream-ordered engine's work, ascending; 0 is "already past". The core hands it on and never looks inside.
struct fence {
  std::uint64_t number = 0;
  friend constexpr bool operator==(fence, fence) = default;
  friend constexpr auto operator<=>(fence, fence) = default;
};

/// Where a wanted expert is computed from.
enum class residence : std::uint8_t {
  slot,   ///< fast memory, kept after the event
  frame,  ///< a staging frame: fast memory that goes to the next expert at release
  host,   ///< slow memory, in place; the engine knows where
};

/// One wanted expert as the lease hands it out. Valid until it is released, or its lease ends.
struct seat {
  expert_id expert{};
  residence at = residence::slot;
  std::byte* address = nullptr;  ///< start of the expert's room; null for `host` and where no memory was given (simulation)
  std::uint32_t entry = 0;       ///< the lease's own number for it
  ticket arrives{};              ///< from `next_ahead` only: the transfer that the consumer has to wait for; 0: is there
};

}  // namespace moesaic
