// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <moesaic/core/quantity.hpp>
#include <moesaic/trace/routing_rows.hpp>

namespace moesaic::replaying {

/// What was counted over some of the events.
struct tally {
  std::uint64_t events = 0, accesses = 0, hits = 0, misses = 0, evictions = 0, bypasses = 0;
  bytes missed{};

  tally& operator+=(const tally& more) noexcept {
    events += more.events;
    accesses += more.accesses;
    hits += more.hits;
    misses += more.misses;
    evictions += more.evictions;
    bypasses += more.bypasses;
    missed += more.missed;
    return *this;
  }
};

/// How often a replay found what a real engine recorded beside its routing.
struct agreement {
  std::uint64_t accesses = 0;  ///< of which residency was recorded
  std::uint64_t equal = 0;     ///< of these, found resident or absent alike
};

/// One combination of trace, window, capacity, admission and eviction, and what came of it.
struct row {
  std::string trace;
  trace::dimensions shape;
  std::string eviction, admission, scope, capacity, unit, recency, reset, counted_by;  ///< as in the JSON
  std::optional<std::string> forecast;
  std::uint32_t window = 1;
  std::uint64_t capacity_experts = 0;    ///< experts that the first pool holds; of mixed sizes as many as of their mean
  std::uint64_t tokens = 0;
  std::uint64_t compulsory = 0;
  double union_over_capacity = 0;
  bool sized = false;                    ///< sizes are known, so bytes mean something
  tally all, decode;                     ///< `decode`: without the events of prompts
  std::uint64_t bound_misses = 0;        ///< belady's, all else equal
  bytes bound_missed{};
  std::optional<agreement> recorded, recorded_decode;
  std::vector<std::uint64_t> layers_accesses, layers_misses;  ///< [layers], where asked for
  double seconds = 0;                    ///< of one processor, for replaying alone; preparation of a clairvoyant policy included

  [[nodiscard]] double miss_ratio() const noexcept { return ratio(all.misses, all.accesses); }
  [[nodiscard]] double mean_union() const noexcept { return ratio(all.accesses, all.events); }
  [[nodiscard]] double regret() const noexcept {
    return all.misses == 0 ? 0 : (static_cast<double>(all.misses) - static_cast<double>(bound_misses)) / static_cast<double>(all.misses);
  }
  [[nodiscard]] double accesses_per_s() const noexcept { return static_cast<double>(all.accesses) / (seconds > 1e-9 ? seconds : 1e-9); }

 private:
  [[nodiscard]] static double ratio(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }
};

}  // namespace moesaic::replaying
