// SPDX-License-Identifier: MIT
// Included by each side after it has defined `deployment`.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/moesaic.hpp>

#include "side.hpp"

using kept = moesaic::residency<moesaic::transports::instant<>, deployment>;

inline constexpr std::uint32_t layer_count = 3;
inline constexpr std::uint32_t expert_count = 16;

inline void* open_kept() {
  auto shape = moesaic::model_shape::uniform(layer_count, expert_count, 2, {10});
  if (!shape) return nullptr;
  auto made = kept::create(*std::move(shape), moesaic::transports::instant<>(16), {}, {.budget = {{140}, 2}});
  return made ? new kept(*std::move(made)) : nullptr;
}

inline bool run_kept(void* handle, std::uint64_t step) {
  for (std::uint32_t l = 0; l < layer_count; ++l) {
    // A hot pair that moves slowly, and one expert that comes round: where lru and fifo part.
    const auto hot = static_cast<std::uint32_t>(step / 16 % (expert_count - 2));
    const auto other = static_cast<std::uint32_t>((step * 5 + l) % expert_count);
    std::vector<moesaic::demand> wanted;
    for (std::uint32_t e = 0; e < expert_count; ++e)
      if (e == hot || e == hot + 1 || e == other) wanted.push_back({static_cast<moesaic::expert_index>(e), 1, {}});
    moesaic::layer_event event{};
    event.step = {step};
    event.first_token = {step};
    event.layer = static_cast<moesaic::layer_index>(l);
    event.tokens = 1;
    event.wanted = wanted;
    auto held = static_cast<kept*>(handle)->acquire(event);
    if (!held) return false;
    for (;;) {
      const auto given = held->next();
      if (!given) return false;
      if (!*given) break;
      held->release(**given);
    }
  }
  return true;
}

inline side_counts count_kept(const void* handle) {
  const moesaic::counters& all = static_cast<const kept*>(handle)->count();
  return {all.accesses, all.hits, all.evictions};
}

inline void close_kept(void* handle) { delete static_cast<kept*>(handle); }
