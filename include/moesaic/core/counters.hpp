// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include <moesaic/core/quantity.hpp>

namespace moesaic {

/// What happened, counted in experts unless a name says bytes or time.
/// Identity, held by the core after every event: accesses = hits + prefetch_late + misses.
struct counters {
  std::uint64_t events = 0;           ///< (step, layer) pairs
  std::uint64_t accesses = 0;         ///< sizes of their sets: distinct experts per event, not routed tokens
  std::uint64_t hits = 0;             ///< resident and ready when the event began
  std::uint64_t misses = 0;           ///< absent when the event began
  std::uint64_t evictions = 0;        ///< experts that lost their room to another
  std::uint64_t bypasses = 0;         ///< misses streamed through a frame and not kept
  std::uint64_t host = 0;             ///< misses computed in place, in slow memory
  std::uint64_t prefetches = 0;       ///< transfers started before anyone asked
  std::uint64_t prefetch_used = 0;    ///< of these, wanted by an event before they left, the late ones included
  std::uint64_t prefetch_late = 0;    ///< in flight when their event began; one that had not started is withdrawn and fetched as demand
  std::uint64_t prefetch_wasted = 0;  ///< left, failed or were withdrawn without having been wanted
  std::uint64_t failed = 0;           ///< transfers that did not bring their expert
  bytes bytes_demanded{};             ///< moved because of a miss
  bytes bytes_prefetched{};           ///< moved ahead of need
  bytes bytes_host{};                 ///< read in place
  nanoseconds stall{};                ///< time in which a lease waited for the transport

  friend constexpr bool operator==(const counters&, const counters&) = default;

  /// What happened since `earlier`, a copy of the same counters.
  [[nodiscard]] constexpr counters since(const counters& earlier) const noexcept {
    counters d = *this;
    d.events -= earlier.events;
    d.accesses -= earlier.accesses;
    d.hits -= earlier.hits;
    d.misses -= earlier.misses;
    d.evictions -= earlier.evictions;
    d.bypasses -= earlier.bypasses;
    d.host -= earlier.host;
    d.prefetches -= earlier.prefetches;
    d.prefetch_used -= earlier.prefetch_used;
    d.prefetch_late -= earlier.prefetch_late;
    d.prefetch_wasted -= earlier.prefetch_wasted;
    d.failed -= earlier.failed;
    d.bytes_demanded -= earlier.bytes_demanded;
    d.bytes_prefetched -= earlier.bytes_prefetched;
    d.bytes_host -= earlier.bytes_host;
    d.stall -= earlier.stall;
    return d;
  }
  /// Both together.
  [[nodiscard]] constexpr counters plus(const counters& more) const noexcept {
    return since(counters{}.since(more));  // differences wrap, so this is a sum, and no field can be forgotten in one of two lists
  }
};

}  // namespace moesaic
